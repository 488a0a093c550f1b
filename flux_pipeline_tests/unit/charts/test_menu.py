"""The menu engineering matrix shows where each item is, and names the largest without covering anything."""

import datetime as dt
import os

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.charts import menu
from flux_pipeline.charts._canvas import BLUE, VERMILION
from flux_pipeline.charts.menu import HEIGHT, MOST_LABELS, WIDTH, draw_menu, menu_title
from flux_pipeline.charts.preview import shrink
from flux_pipeline.errors import PermanentError
from flux_pipeline_tests.unit.charts.test_pictures import count_of, picture, pixels

TITLE = menu_title("Bistro", dt.date(2026, 10, 26), dt.date(2026, 11, 22))


@pytest.fixture(autouse=True, scope="module")
def drawing_cache(tmp_path_factory: pytest.TempPathFactory):
    """Keep matplotlib from making a folder in the home of the login that runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLCONFIGDIR", os.environ.get("MPLCONFIGDIR", str(tmp_path_factory.mktemp("matplotlib"))))
        yield


def items(count: int, seed: int = 0) -> pd.DataFrame:
    """Return a random menu."""
    rng = np.random.default_rng(seed)
    popularity, margin = np.exp(rng.normal(0, 0.8, count)), rng.normal(0, 3, count)
    names = {(True, True): "star", (True, False): "plowhorse", (False, True): "puzzle", (False, False): "dog"}
    return pd.DataFrame(
        {
            "item": [f"Dish number {at}" for at in range(count)],
            "quantity": rng.gamma(1, 100, count) + 1,
            "popularity": popularity,
            "margin": margin,
            "menu_class": [names[p >= 1, m >= 0] for p, m in zip(popularity, margin, strict=True)],
            "sureness": rng.uniform(0.5, 1, count),
        }
    )


def one(popularity: float = 2.0, margin: float = 1.0, menu_class: str = "star", **cells: object) -> pd.DataFrame:
    row = {"item": "Soup", "quantity": 9.0, "popularity": popularity, "margin": margin, "sureness": 0.9}
    return pd.DataFrame([{**row, "menu_class": menu_class, **cells}])


def drawn(frame: pd.DataFrame) -> bytes:
    return draw_menu(frame, TITLE, "EUR")


def test_the_same_frame_in_any_order_gives_the_same_small_png_that_needs_no_scaling() -> None:
    first = drawn(items(30))
    assert first == drawn(items(30).sample(frac=1, random_state=1))
    assert picture(first).size == picture(shrink(first)).size == (WIDTH, HEIGHT)
    assert len(shrink(first)) < 16_000


@pytest.mark.parametrize("count", [1, 2, 30, 300])
def test_nothing_touches_the_edge_of_the_page(count: int) -> None:
    page = pixels(drawn(items(count)))
    for edge in (page[:2], page[-2:], page[:, :2], page[:, -2:]):
        assert (edge == 255).all()


@pytest.mark.parametrize("seed", range(5))
def test_no_label_covers_another_label_a_dot_or_a_corner(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}

    def note(figure, axes, shown, areas) -> None:
        label(figure, axes, shown, areas)
        renderer = axes.figure.canvas.get_renderer()
        found["texts"] = [each.get_window_extent(renderer) for each in axes.texts]
        found["dots"] = axes.transData.transform(shown[["popularity", "margin"]].to_numpy())

    label = menu._label
    monkeypatch.setattr(menu, "_label", note)
    drawn(items(60, seed))
    texts, corners = found["texts"], 4
    assert corners < len(texts) <= corners + MOST_LABELS
    for at, text in enumerate(texts):
        assert not any(text.overlaps(other) for other in texts[at + 1 :])
        if at >= corners:
            assert not any(text.contains(*dot) for dot in found["dots"])


def test_the_items_that_sold_most_are_named_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(menu, "MOST_LABELS", 1)
    apart = pd.concat([one(quantity=10, item="Small", menu_class="dog"), one(quantity=99, item="Large", margin=3.0)])
    renamed = apart.replace({"item": {"Small": "Tiny"}})
    assert drawn(apart) == drawn(renamed)
    assert drawn(apart) != drawn(apart.replace({"item": {"Large": "Huge"}}))


def test_each_class_has_a_colour_and_what_is_unsure_is_hollow() -> None:
    star, puzzle = drawn(one()), drawn(one(0.5, 1.0, "puzzle"))
    assert count_of(BLUE, star) > count_of(BLUE, puzzle)
    assert count_of(VERMILION, puzzle) > count_of(VERMILION, star)
    assert count_of(BLUE, drawn(one(sureness=0.5))) < count_of(BLUE, star)


@pytest.mark.parametrize("name", ["Menu $5 or $7", "日本のカレー", "x" * 300, "", "a\nb", "\\frac{1}{2}"])
@pytest.mark.filterwarnings("error")
def test_any_name_can_be_drawn(name: str) -> None:
    assert (pixels(draw_menu(one(item=name), name, name[:3]))[:, -2:] == 255).all()


@pytest.mark.parametrize(("popularity", "margin"), [(1.0, 0.0), (1e-6, -1e6), (1e6, 1e6), (1.43, -0.004)])
def test_any_figures_fit_beside_the_axes(popularity: float, margin: float) -> None:
    assert (pixels(drawn(one(popularity, margin)))[:, :2] == 255).all()


def test_the_longest_title_fits_beside_the_edge() -> None:
    long = menu_title("x" * 300, dt.date(2026, 10, 26), dt.date(2026, 11, 22))
    assert long.endswith(", 26 Oct to 22 Nov")
    assert (pixels(draw_menu(one(), long, "EUR"))[:, -2:] == 255).all()


def test_a_menu_without_a_class_is_refused_with_a_sentence() -> None:
    with pytest.raises(PermanentError, match="no matrix to draw"):
        drawn(one().head(0))
