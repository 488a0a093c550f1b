"""Commands of `flux` as a person types them, run in the tests' process."""

from click.testing import CliRunner, Result

from flux_pipeline.cli.main import main


def flux(*words: object) -> Result:
    """Run a command; fail if it raises anything."""
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def output_of(*words: object) -> str:
    """Return what a command prints that succeeds."""
    done = flux(*words)
    assert done.exit_code == 0, done.output
    return done.output


def refused(*words: object) -> str:
    """Return what a command prints that is refused, as one line."""
    done = flux(*words)
    assert done.exit_code == 1, done.output
    return " ".join(done.output.split())
