"""What a failure means to Dagster: our TransientError is tried again, everything else fails at once."""

import contextlib
from collections.abc import Iterator

import dagster as dg

from flux_pipeline.errors import PermanentError, TransientError

# Three tries over about half a minute outlast a restart of the database; jitter keeps a fleet from coming back at once.
RETRY_TRANSIENT = dg.RetryPolicy(max_retries=3, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


@contextlib.contextmanager
def verdicts() -> Iterator[None]:
    """Let a TransientError through to the step's retry policy; end the step for good on anything else."""
    try:
        yield
    except (TransientError, dg.Failure):
        raise
    except PermanentError as exc:
        raise dg.Failure(description=str(exc), allow_retries=False) from exc
    except Exception as exc:
        raise dg.Failure(
            description=f"This is a defect of Flux: {type(exc).__name__}: {exc}", allow_retries=False
        ) from exc
