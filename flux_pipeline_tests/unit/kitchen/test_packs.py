"""Pack texts as vendors and order guides write them.

They are from the exports of two university kitchens (15 DOZ, KEG 30L, 5#), and from order guides, product lists and
invoices in a dozen public repositories: American (6/#10, 4/1 gal, 500/2 CT, 6/6.9 lb-Can), Mexican (CS (500 pzas)),
French (carton de 12), German and Swiss (Karton à 12, 6 Flaschen 75cl) and Indian ones (12x1L). Others are by analogy.
"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_pipeline.kitchen.packs import Pack, PackError, read_pack
from flux_pipeline.kitchen.units import Dimension, plain, unit_words, units

MEASURED = {Dimension.MASS, Dimension.VOLUME}

READ = [
    # Count, slash, size, as American distributors write.
    ("6/#10", 6, 1, "can_10"),
    ("6/#10 CAN", 6, 1, "can_10"),
    ("6/#10 cans", 6, 1, "can_10"),
    ("6/#10 can case", 6, 1, "can_10"),
    ("#10 can", 1, 1, "can_10"),
    ("12/#2.5 cans", 12, 1, "can_2_5"),
    ("6/#2 1/2 can", 6, 1, "can_2_5"),
    ("1/50 lb", 1, 50, "lb"),
    ("1/50#", 1, 50, "lb"),
    ("50#", 1, 50, "lb"),
    ("25# bag", 1, 25, "lb"),
    ("4/1 gal", 4, 1, "gallon"),
    ("4/1 GA", 4, 1, "gallon"),
    ("1/Gal", 1, 1, "gallon"),
    ("12/1 QT", 12, 1, "quart"),
    ("1/1 Liter", 1, 1, "l"),
    ("6/7.125 lb", 6, "7.125", "lb"),
    ("6/6.9 lb-Can", 6, "6.9", "lb"),
    ("24/12 OZ. CAN", 24, 12, "oz"),
    ("12/2.75 Oz", 12, "2.75", "oz"),
    ("20/.5 lb", 20, "0.5", "lb"),
    ("500/2 CT", 500, 2, "piece"),
    ("10/100ct", 10, 100, "piece"),
    ("1/6 Ct", 1, 6, "piece"),
    ("2,500/CS", 1, 2500, "piece"),
    ("24/case", 1, 24, "piece"),
    ("32 fl oz bottle", 1, 32, "fl_oz"),
    ("5gal pail", 1, 5, "gallon"),
    # Count, times, size.
    ("2 x 500 g", 2, 500, "g"),
    ("12x1L", 12, 1, "l"),
    ("10 x 1 kg", 10, 1, "kg"),
    ("6 × 75 cl", 6, 75, "cl"),  # noqa: RUF001
    ("6*1.5L", 6, "1.5", "l"),
    ("24 x 330ml bottles", 24, 330, "ml"),
    ("6x4x250 g", 24, 250, "g"),
    ("12 CT x 400 g", 12, 400, "g"),
    ("6 x bunch", 6, 1, "bunch"),
    ("2 dozen x 60 g", 24, 60, "g"),
    # One amount.
    ("1.5kg", 1, "1.5", "kg"),
    ("0,75 l", 1, "0.75", "l"),
    ("0,750 l", 1, "0.75", "l"),
    ("2.500 kg", 1, "2.5", "kg"),
    ("1,234.5 g", 1, "1234.5", "g"),
    ("1.234,5 g", 1, "1234.5", "g"),
    ("1½ lb", 1, "1.5", "lb"),
    ("2 1/2 lb", 1, "2.5", "lb"),
    ("6 x 1/2 gal", 6, "0.5", "gallon"),
    ("24 ct", 1, 24, "piece"),
    ("1,000 ct", 1, 1000, "piece"),
    ("15 DOZ", 1, 15, "dozen"),
    ("dozen", 1, 1, "dozen"),
    ("each", 1, 1, "piece"),
    ("12 bunch", 1, 12, "bunch"),
    ("1 case", 1, 1, "case"),
    # Packages around and inside.
    ("case of 24", 1, 24, "piece"),
    ("case 12 x 1 l", 12, 1, "l"),
    ("5 kg bag", 1, 5, "kg"),
    ("6 bags of 2 kg", 6, 2, "kg"),
    ("KEG 30L", 1, 30, "l"),
    ("keg50L", 1, 50, "l"),
    ("12 per case", 1, 12, "piece"),
    # Other languages.
    ("Karton à 12", 1, 12, "piece"),
    ("Karton à 12 × 1 l", 12, 1, "l"),  # noqa: RUF001
    ("6er Pack", 1, 6, "piece"),
    ("6 Flaschen 75cl", 6, 75, "cl"),
    ("5 l Kanister", 1, 5, "l"),
    ("1 Bund", 1, 1, "bunch"),
    ("carton de 12", 1, 12, "piece"),
    ("sac de 25 kg", 1, 25, "kg"),
    ("6 boîtes 5/1", 1, 6, "can_5_1"),
    ("caja de 24", 1, 24, "piece"),
    ("CS (500 pzas)", 1, 500, "piece"),
    ("10 szt.", 1, 10, "piece"),
    ("1 kg op.", 1, 1, "kg"),
    ("4 påsar à 2,5 kg", 4, "2.5", "kg"),
    ("2 scatole da 3 kg", 2, 3, "kg"),
]
REFUSED = [
    ("a handful", "neither a number nor a unit"),
    ("10 lb avg", "neither a number nor a unit"),
    ("ca. 2 kg", "neither a number nor a unit"),
    ("2 dozen eggs", "neither a number nor a unit"),
    ("1e9", "neither a number nor a unit"),
    ("U/10", "neither a number nor a unit"),
    ("", "is not a pack"),
    ("-", "is not a pack"),
    ("24", "has no unit"),
    ("6 x 4", "has no unit"),
    ("6/10", "has no unit"),
    ("Sack 25", "has no unit"),
    ("can of 400", "has no unit"),
    ("2 lb 8 oz", "can't be read as a pack"),
    ("12 ct 400 g", "can't be read as a pack"),
    ("1 000 ml", "can't be read as a pack"),
    ("0 x 5 kg", "not a possible quantity"),
    ("0 g", "not a possible quantity"),
    ("99999999999 g", "not a possible quantity"),
    ("1/2 lb", "Enter '1 x 0.5 lb' or '1 x 2 lb'"),
    ("9/1/2 gal", "may hold 0.5 gallon or 1 x 2 gallon"),
    ("1/2 case", "may hold 0.5 case or 1 x 2 case"),
    ("16/20 ct", "16/20 pieces a pound"),
    ("6/10 can", "Enter '6/#10' or '6 x 10 can'"),
    ("8-10 lb", "may be a range"),
    ("1.49/Gal", "Enter '1.49 gal'"),
    ("12/bunch", "pieces per bunch"),
    ("2.500 g", "Enter '2.5 g' or '2500 g'"),
    ("2,500 kg", "Enter '2.5 kg' or '2500 kg'"),
    ("4.000 ct", "Enter '4 piece' or '4000 piece'"),
    ("1.2.3 kg", "which is not a number"),
    ("1⁄0 kg", "divides by zero"),  # noqa: RUF001
    ("4.01E+12", "neither a number nor a unit"),
    ("12 x " * 30 + "1 kg", "is too long"),
]


@pytest.mark.parametrize(("text", "count", "size", "unit"), READ, ids=[text for text, *_ in READ])
def test_a_pack_holds_what_its_text_says(text: str, count: int, size: str, unit: str) -> None:
    pack = read_pack(text)
    assert (pack.count, pack.size, pack.unit.name) == (count, Decimal(size), unit)
    assert pack.quantity == count * Decimal(size)


@pytest.mark.parametrize(("text", "reason"), REFUSED, ids=[text[:20] for text, _ in REFUSED])
def test_a_pack_that_may_be_two_is_refused_with_what_to_enter(text: str, reason: str) -> None:
    with pytest.raises(PackError) as refused:
        read_pack(text)
    assert reason in str(refused.value)
    assert "Enter " in str(refused.value)


@given(st.text(max_size=40) | st.text(alphabet="0123456789 x/.,#-kglbozct", max_size=20))
def test_every_text_is_read_or_refused(text: str) -> None:
    try:
        pack = read_pack(text)
    except PackError:
        return
    assert pack.quantity > 0
    assert pack.unit in units().values()


@given(
    st.integers(1, 500),
    st.decimals("0.01", "99", places=2),
    st.sampled_from(["g", "kg", "lb", "oz", "ml", "l", "gal", "fl oz"]),
    st.sampled_from([" x ", "x", " X ", "*"]),
)
def test_a_count_times_a_size_reads_as_it_was_written(count: int, size: Decimal, unit: str, times: str) -> None:
    pack = read_pack(f"{count}{times}{size} {unit}")
    assert (pack.count, pack.size) == (count, size)


@given(
    st.integers(1, 999),
    st.decimals("0.01", "999", places=2),
    st.sampled_from([*units()]),
    st.sampled_from(["{count} x {size} {unit}", "{count}/{size} {unit}", "{count} packs of {size} {unit}"]),
)
def test_a_pack_that_is_written_out_is_read_as_itself(count: int, size: Decimal, unit: str, form: str) -> None:
    is_measured = units()[unit].dimension in MEASURED
    pack = Pack(Decimal(count), size if is_measured else size.to_integral_value() + 1, units()[unit])
    text = form.format(count=plain(pack.count), size=plain(pack.size), unit=pack.unit.name)
    try:
        read = read_pack(text)
    except PackError as refused:
        # A half and a pack of two look alike with a slash, as do a grade of shrimps and a can of a number.
        assert "/" in form and " may " in str(refused)
    else:
        assert read == pack


@given(st.integers(1, 999), st.sampled_from(sorted(unit_words())))
def test_every_word_for_a_unit_is_read_after_a_number(size: int, word: str) -> None:
    # The sign of a pound is one only at its number.
    pack = read_pack(f"2 x {size}{word}" if word == "#" else f"2 x {size} {word}")
    assert (pack.count, pack.size, pack.unit.name) == (2, size, unit_words()[word])
