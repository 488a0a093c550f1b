"""Mutations of JSON answers: parts dropped, swapped, emptied or of another type, the same on each run."""

import copy
import json
import random

ODD = (None, True, "", "x", "2026-02-31T25:00", -1, 0, 1e308, 10**400, [], [[]], [None], {}, {"a": {"b": []}}, "\ud800")
ODD += ("9999-12-31T23:59:59Z", "0001-01-01", "../../etc", "<b>", 6.5, [1, 2], {"name": 3}, "GMT", "\x1b[31m" * 200)


def mutations(answer, count, seed=1):
    """Yield `count` bodies, each the answer with one to three random changes, some of them cut."""
    chance = random.Random(seed)
    for _ in range(count):
        mutated = copy.deepcopy(answer)
        for _ in range(chance.randint(1, 3)):
            mutated = _changed(mutated, chance)
        body = json.dumps(mutated).encode()
        yield body[: chance.randrange(len(body) + 1)] if chance.random() < 0.05 else body


def _changed(value, chance):
    if isinstance(value, (dict, list)) and value and chance.random() < 0.9:
        key = chance.choice([*value] if isinstance(value, dict) else range(len(value)))
        choice = chance.random()
        if choice < 0.15:
            del value[key]
        elif choice < 0.25:
            other = chance.choice([*value] if isinstance(value, dict) else range(len(value)))
            value[key], value[other] = value[other], value[key]
        else:
            value[key] = _changed(value[key], chance)
        return value
    return copy.deepcopy(chance.choice(ODD))
