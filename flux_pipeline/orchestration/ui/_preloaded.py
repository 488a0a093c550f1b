"""Everything that a run uses, loaded in the process from which the code server forks its runs."""

import dagster._grpc.impl  # noqa: F401
import holidays
import matplotlib.backends.backend_agg
import matplotlib.figure
import matplotlib.font_manager  # noqa: F401
import PIL.Image  # noqa: F401
import scipy

from flux_pipeline.definitions import defs

# Libraries that load their parts, and Dagster its jobs, when they are first used.
loaded = (scipy.signal, scipy.special, holidays.country_holidays("DE"), defs.get_repository_def().get_all_jobs())
