"""Output of `flux doctor --tenancy`: what was examined and tried, and each failed proof with its remedy."""

from flux_pipeline.cli.console import say
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Store
from flux_pipeline.wording import count_of


def show_tenancy(store: Store) -> None:
    """Prove that restaurants are kept apart and that readers hold up nobody; print what passed and what failed.

    Raises:
        PermanentError: a proof failed; each failure is printed before, with what to do.
        TransientError: a lock of another session was in the way.
    """
    from flux_pipeline.store.access.reader_proof import prove_reader_limits
    from flux_pipeline.store.tenancy.proof import prove_tenancy

    proof = prove_tenancy(store)
    limits = prove_reader_limits(store)
    findings = [*proof.findings, *limits.findings]
    for finding in findings:
        say(f"FAIL  {finding.relation}: {finding.wrong}")
        say(f"      -> {finding.remedy}")
    first, second = proof.restaurants
    say(
        f"Examined {count_of(proof.tables, 'table')}, {count_of(proof.partitions, 'partition')} and "
        f"{count_of(proof.views, 'view')} with restaurants' rows, {count_of(proof.shared, 'shared table')}, "
        f"{count_of(proof.roles, 'role')} of Flux's and {count_of(proof.readers, 'reader')}."
    )
    say(f"Queried them as flux_app for {first}, for {second}, with no restaurant set, and with an empty setting.")
    say("Tried, as a new reader, to hold up others: with locks, large objects, files, settings, and connections.")
    for sentence in limits.changes:
        say(sentence)
    if limits.elsewhere:
        say(
            f"A reader may connect to {_some(list(limits.elsewhere))} too, where it has none of these limits. An "
            "administrator can REVOKE CONNECT ON DATABASE ... FROM PUBLIC there."
        )
    say(f"{count_of(proof.passed + limits.passed, 'proof')} passed, {len(findings)} failed, in {proof.seconds:.1f} s.")
    if findings:
        names = sorted({finding.relation for finding in findings})
        what = "Restaurants are not kept apart" if proof.findings else "Readers can hold up others"
        raise PermanentError(
            f"{what}: {count_of(len(findings), 'proof')} failed, on {_some(names)}. "
            'Do what is shown for each (psql "$(flux db url --role owner)" runs the statements), then run '
            "`flux doctor --tenancy` again."
        )
    say("Restaurants are kept apart, and readers hold up nobody.")


def _some(names: list[str], most: int = 5) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
