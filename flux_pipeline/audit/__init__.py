"""What ran, on what, with what result, as values. Nothing here reads or writes."""

from flux_pipeline.audit.runs import PlannedRun, plan_run
from flux_pipeline.audit.uploads import Accounting, total

__all__ = ["Accounting", "PlannedRun", "plan_run", "total"]
