"""Output of `flux doctor --tenancy`: what was examined, and each failed proof with its remedy."""

from flux_pipeline.cli.console import say
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Store
from flux_pipeline.wording import count_of


def show_tenancy(store: Store) -> None:
    """Prove that restaurants are kept apart, and print what was examined, what passed and what failed.

    Raises:
        PermanentError: a proof failed; each failure is printed before, with what to do.
        TransientError: a lock of another session was in the way.
    """
    from flux_pipeline.store.tenancy.proof import prove_tenancy

    proof = prove_tenancy(store)
    for finding in proof.findings:
        say(f"FAIL  {finding.relation}: {finding.wrong}")
        say(f"      -> {finding.remedy}")
    first, second = proof.restaurants
    say(
        f"Examined {count_of(proof.tables, 'table')}, {count_of(proof.partitions, 'partition')} and "
        f"{count_of(proof.views, 'view')} with restaurants' rows, {count_of(proof.shared, 'shared table')}, "
        f"{count_of(proof.roles, 'role')} of Flux's and {count_of(proof.readers, 'reader')}."
    )
    say(f"Queried them as flux_app for {first}, for {second}, with no restaurant set, and with an empty setting.")
    say(f"{count_of(proof.passed, 'proof')} passed, {len(proof.findings)} failed, in {proof.seconds:.1f} s.")
    if proof.findings:
        names = sorted({finding.relation for finding in proof.findings})
        raise PermanentError(
            f"Restaurants are not kept apart: {count_of(len(proof.findings), 'proof')} failed, on {_some(names)}. "
            'Do what is shown for each (psql "$(flux db url --role owner)" runs the statements), then run '
            "`flux doctor --tenancy` again."
        )
    say("Restaurants are kept apart.")


def _some(names: list[str], most: int = 5) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
