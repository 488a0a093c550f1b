"""Damaged copies of a good file of sales: deterministic damage, chosen by a number."""

import random

_ITEMS = ("Soup", "Crème brûlée", 'Pie ""grand""', "Bread, white", "Tea")
GOOD = "date,time,ticket,item,quantity,price,discount\n" + "".join(
    f"2026-03-{1 + n // 6:02},{11 + n % 11}:{n % 60:02},T{n // 2},"
    f'"{_ITEMS[n % 5]}",{1 + n % 4},{1.2 + n % 7:.2f},{"" if n % 9 else "0.50"}\n'
    for n in range(72)
)
_ODD = (b'"', b"\0", b"\r", b"\xff\xfe", b"\xef\xbb\xbf", b"=1+1", b"9" * 40, b"-", b"\n\n\n", b";;;;")


def mutated(number: int) -> bytes:
    """Return the good file, damaged in one to three ways that follow from the number."""
    chance = random.Random(number)
    content = GOOD.encode()
    for damage in chance.sample(_DAMAGES, chance.randint(1, 3)):
        content = damage(chance, content)
    return content


def _flip_bytes(chance: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 12) if changed else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _truncate(chance: random.Random, content: bytes) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _cut_out(chance: random.Random, content: bytes) -> bytes:
    start = chance.randrange(len(content) + 1)
    return content[:start] + content[start + chance.randint(1, 200) :]


def _shuffle_lines(chance: random.Random, content: bytes) -> bytes:
    header, *lines = content.split(b"\n")
    chance.shuffle(lines)
    if chance.random() < 0.2:
        lines.insert(chance.randrange(len(lines) + 1), header)
        return b"\n".join(lines)
    return b"\n".join([header, *lines])


def _swap_columns(chance: random.Random, content: bytes) -> bytes:
    """Swap two columns in the whole file, or only in some lines."""
    one, other, share = chance.randrange(7), chance.randrange(7), chance.choice((1.0, 0.1))
    lines = [line.split(b",") for line in content.split(b"\n")]
    for cells in lines:
        if len(cells) > max(one, other) and chance.random() <= share:
            cells[one], cells[other] = cells[other], cells[one]
    return b"\n".join(b",".join(cells) for cells in lines)


def _odd_text(chance: random.Random, content: bytes) -> bytes:
    place = chance.randrange(len(content) + 1)
    return content[:place] + chance.choice(_ODD) * chance.randint(1, 3) + content[place:]


_DAMAGES = (_flip_bytes, _truncate, _cut_out, _shuffle_lines, _swap_columns, _odd_text)
