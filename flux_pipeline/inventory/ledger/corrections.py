"""Corrections of a stored ledger: what to append after late, corrected or withdrawn facts.

What is stored is compared with the ledger that follows from the facts now. A stored entry that does not follow any more
is taken back, and one that is missing is added. Whoever stores them reads the facts and movements of the days after a
checkpoint only: the day before the first day of which a fact is new, was corrected or was withdrawn.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from flux_pipeline.inventory.ledger.facts import Fact
from flux_pipeline.inventory.ledger.movements import NOTHING, Balances, Movement, Running, count_entries
from flux_pipeline.inventory.ledger.rebuild import Ledger, rebuild_ledger


def correct_ledger(stored: Sequence[Movement], facts: Iterable[Fact], start: Balances = NOTHING) -> Ledger:
    """Return the movements to append, in the order in which to enter them, and the balances after them.

    They continue the stored ones: the previous quantity of each is the new quantity of the last one of its lot. With
    what was appended among `stored`, there is nothing more to append.

    Args:
        stored: all stored movements of the days after `start`, in any order.
        facts: all facts that are known now of the days after `start`.
        start: the balances at the end of a day, as `sum_movements` returns them.

    Raises:
        PermanentError: two facts have one key, or a fact is not of a day after `start`.
    """
    rebuilt = rebuild_ledger(facts, start)
    if not stored:
        return rebuilt
    running = Running(start)
    for movement in stored:
        running.add(movement)
    in_force = count_entries(stored)
    last = max((entry.order for entry in in_force), default=None)
    wanted = [movement.entry for movement in rebuilt.movements]
    changes = [(entry, True) for entry in (in_force - Counter(wanted)).elements()]
    new = []
    for entry in wanted:
        if in_force[entry]:
            in_force[entry] -= 1
        elif last is not None and entry.order <= last:
            changes.append((entry, False))
        else:
            new.append((entry, False))
    # What is brought is entered before what is taken, so that no balance is negative in between. After these changes
    # the balances are those of the rebuilt ledger at the last stored moment, so what comes later keeps its order.
    changes.sort(key=lambda change: ((change[0].quantity > 0) == change[1], change[0].order))
    appended = tuple(running.book(entry, takes_back) for entry, takes_back in (*changes, *new))
    return Ledger(appended, rebuilt.balances)
