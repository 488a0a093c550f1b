"""Small copy of a picture, for places where every kilobyte is kept for ever, such as Dagster's database."""

import io

# A line chart of this width and so few colours takes some 10 kB, a third of the original, and its labels stay readable.
WIDTH = 720
COLOURS = 8


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
    few = part.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    few.save(buffer, format="png", optimize=True)
    return buffer.getvalue()
