"""Small copy of a picture, for places where every kilobyte is kept for ever, such as Dagster's database."""

import io

from flux_pipeline.charts._canvas import BLUE, GREY, INK, SHADE, VERMILION

# A line chart of this width and so few colours takes some 7 kB, a quarter of the original; its labels stay readable.
WIDTH = 640
# Those of the pictures, with a band of the blue and a grey for the edges of letters.
COLOURS = ("#FFFFFF", SHADE, "#B0B0B0", GREY, INK, BLUE, "#C7E0EE", VERMILION)


def shrink(png: bytes, height: int | None = None) -> bytes:
    """Return a smaller PNG.

    Args:
        png: the picture.
        height: how many of its upper pixels to show; None: all.
    """
    from PIL import Image  # noqa: PLC0415  (as slow as matplotlib, and as seldom needed)
    from PIL.PngImagePlugin import PngImageFile  # noqa: PLC0415

    whole = PngImageFile(io.BytesIO(png)).convert("RGB")
    part = whole.crop((0, 0, whole.width, min(height or whole.height, whole.height)))
    if part.width > WIDTH:
        part = part.resize((WIDTH, round(part.height * WIDTH / part.width)), Image.Resampling.LANCZOS)
    palette = Image.new("P", (1, 1))
    palette.putpalette([int(colour[at : at + 2], 16) for colour in COLOURS for at in (1, 3, 5)])
    few = part.quantize(len(COLOURS), palette=palette, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    few.save(buffer, format="png", optimize=True)
    return buffer.getvalue()
