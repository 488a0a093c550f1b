"""A refusal of a command in a process of its own: one clear sentence and a non-zero exit, never a traceback.

Other mistakes are tested within the tests' process: store/test_mistakes.py.
"""

from flux_pipeline_tests.ports import free_port
from flux_pipeline_tests.system.conftest import Flux


def test_a_database_that_is_down_is_named_without_its_password(flux: Flux) -> None:
    done = flux("run", FLUX_DATABASE_URL=f"postgresql://admin:hunter2@127.0.0.1:{free_port()}/flux")
    assert done.returncode != 0 and done.stdout == ""
    (message,) = done.stderr.splitlines()
    assert message.startswith("Error: ") and "does not answer" in message and "hunter2" not in message
