"""Everything that a run uses, loaded in the process from which the code server forks its runs."""

import gc
import importlib

from flux_pipeline.orchestration import LOCATION

# Libraries, or parts of them, that are imported when they are first used. Those that draw are left out: they take
# 40 MB, and only a run with a new result needs them.
SELDOM = (
    "dagster._grpc.impl",
    "holidays.countries",
    "pandera.backends.pandas.builtin_checks",
    "scipy.linalg",
    "scipy.special",
)

# The runs inherit this too.
gc.set_threshold(20_000)
for name in SELDOM:
    importlib.import_module(name)
# Dagster makes a job's definition when it is first asked for.
jobs = importlib.import_module(LOCATION).defs.get_repository_def().get_all_jobs()
# No run looks for garbage among what all of them share, which would also copy it for each of them.
gc.freeze()
