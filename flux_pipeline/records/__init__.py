"""What ran, on what, with what result, as values. Nothing here reads or writes."""

from flux_pipeline.records.accounting import Accounting, total
from flux_pipeline.records.plans import PlannedRun, plan_run

__all__ = ["Accounting", "PlannedRun", "plan_run", "total"]
