"""Asset graph as the picture in the README shows it."""

from itertools import pairwise, product

from flux_pipeline.settings import PROJECT_DIR

SHARED = {"weather_data", "local_events", "public_holidays"}
OF_THE_FLEET = {"demand_priors"}
WEEKLY = {"backtests"}
PLANNED = {"weekly_rosters"}


def graph_of_the_readme() -> dict[str, tuple[str, set[str]]]:
    """Read group and dependencies of each asset from the picture in the README."""
    readme = (PROJECT_DIR / "README.md").read_text()
    picture = readme.split("```mermaid\n")[1].split("```")[0]
    groups: dict[str, str] = {}
    arrows: list[tuple[str, str]] = []
    group = ""
    for line in picture.splitlines()[1:]:
        match line.split():
            case ["subgraph", name]:
                group = name
            case ["end"]:
                group = ""
            case names:
                steps = [step.split(" & ") for step in " ".join(names).split(" --> ")]
                assert names == " --> ".join(" & ".join(step) for step in steps).split(), line
                groups.update((asset, group) for step in steps for asset in step if group)
                arrows += (arrow for one, other in pairwise(steps) for arrow in product(one, other))
    parents = {name: {parent for parent, child in arrows if child == name} for name in groups}
    assert {asset for arrow in arrows for asset in arrow} <= set(groups)
    return {name: (group, parents[name]) for name, group in groups.items()}
