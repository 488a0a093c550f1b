"""An example file of each kind, and the kinds as a table for the README. What the fields mean, the contracts say."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.wording import listed

# Around the table in the README.
MARKERS = ("<!-- kinds -->", "<!-- /kinds -->")

# Only letters of ASCII: a spreadsheet that takes the file for its own code page shows it all the same.
_EXAMPLES = {
    "sales": """\
date,time,ticket,item,quantity,price
2024-03-01,08:15,1042,Croissant,2,1.90
2024-03-01,08:15,1042,Espresso,1,2.40
2024-03-01,12:40,1043,Onion soup,3,6.50
""",
    "menu": """\
item,category,price,sku,is_active
Croissant,Pastry,1.90,P-101,yes
Espresso,Drinks,2.40,D-201,yes
Onion soup,Starters,6.50,S-301,no
""",
    "recipes": """\
item,ingredient,component_item,quantity,unit
Onion soup,Onions,,180,g
Onion soup,,Vegetable stock,0.25,l
Vegetable stock,Carrots,,60,g
""",
    "ingredients": """\
name,category,unit,unit_cost,waste_factor,shelf_life_days,sku,barcode,par_level,reorder_threshold,is_active
Flour type 550,Dry goods,kg,0.95,2%,180,DG-550,4012345678901,50,20,yes
Onions,Vegetables,kg,1.10,12%,21,V-010,,15,5,yes
Eggs,Dairy,piece,0.28,0%,28,D-001,4012345678918,180,60,yes
""",
    "inventory_counts": """\
ingredient,quantity,unit,counted_on,lot,expires_on
Flour type 550,42.5,kg,2024-03-01,L-2402,2024-09-30
Onions,6,kg,2024-03-01,,
Eggs,0,piece,2024-03-01,,
""",
    "deliveries": """\
ingredient,quantity,unit,unit_cost,vendor,delivered_on,lot,expires_on
Flour type 550,25,kg,0.92,Mill & Co,2024-03-01,L-2402,2024-09-30
Onions,10,kg,1.10,Green Market,2024-03-01,,
Eggs,180,piece,0.28,Green Market,2024-03-04,E-0304,2024-03-29
""",
    "waste": """\
date,item,ingredient,quantity,unit,reason,cost
2024-03-01,Croissant,,3,piece,overproduction,2.40
2024-03-01,,Milk,1.5,l,expired,1.80
2024-03-02,Onion soup,,2,portion,dropped,5.10
""",
    "vendor_prices": """\
vendor,ingredient,unit_price,unit,lead_time_days,minimum_order_quantity,pack_size,known_at
Mill & Co,Flour type 550,0.92,kg,2,25,25,2024-03-01
Green Market,Onions,1.10,kg,1,5,5,2024-03-01
Green Market,Eggs,0.28,piece,1,30,30,2024-03-01
""",
    "employees": """\
name,role,email,hourly_rate,min_weekly_hours,max_weekly_hours,performance_score,training_completed,is_active
Ada Kok,Kitchen,ada@example.com,18.50,32,40,90%,yes,yes
Ben Reis,Service,ben@example.com,14.20,12,20,75%,yes,yes
Chloe Moreau,Service,chloe@example.com,13.80,0,16,,no,yes
""",
    "availability": """\
employee,day_of_week,start_time,end_time,preference
Ada Kok,Monday,07:00,15:00,preferred
Ada Kok,Tuesday,07:00,15:00,available
Ben Reis,Saturday,,,unavailable
""",
    "reservations": """\
date,time,party_size,status,booked_at,external_id
2024-03-01,19:30,4,booked,2024-02-20 10:15,R-1042
2024-03-01,19:30,2,cancelled,2024-02-25 18:40,R-1057
2024-03-02,12:00,12,booked,2024-01-15,R-0988
""",
    "promotions": """\
item,starts_on,ends_on,discount,discount_amount,known_at
Croissant,2024-03-01,2024-03-07,20%,,2024-02-15
Espresso,2024-03-08,2024-03-08,,0.50,2024-02-15
Onion soup,2024-03-11,2024-03-15,15%,,2024-03-01
""",
    "sold_out": """\
item,date,time,known_at
Croissant,2024-03-01,14:30,2024-03-01
Croissant,2024-03-02,,2024-03-02
Onion soup,2024-03-02,21:15,
""",
    "operating_hours": """\
day_of_week,open_time,close_time,is_closed
Monday,,,yes
Tuesday,11:30,14:30,no
Tuesday,18:00,01:00,no
""",
    "closures": """\
date,reason,known_at
2024-12-24,Christmas Eve,2024-11-01
2024-12-25,Christmas Day,2024-11-01
2025-01-13,Repairs,2024-12-20
""",
    "local_events": """\
name,kind,starts_at,ends_at,latitude,longitude,expected_attendance,known_at,source
Summer fair,fair,2024-06-15T14:00Z,2024-06-16T22:00Z,48.86,2.35,5000,2024-05-01,city calendar
Half marathon,sport,2024-09-08T07:00Z,2024-09-08T13:00Z,48.85,2.34,12000,2024-03-10,city calendar
Open-air concert,concert,2024-07-20T18:00Z,2024-07-20T21:30Z,48.87,2.36,3000,2024-05-20,city calendar
""",
    "weather": """\
latitude,longitude,date,issued_at,kind,temperature_c,precipitation_mm,wind_mps,cloud_pct
48.86,2.35,2024-03-01,,observed,9.4,1.2,4.1,80
48.86,2.35,2024-03-02,,observed,11.0,0,2.8,35
48.86,2.35,2024-03-04,2024-03-02T06:00Z,forecast,12.5,0.4,3.2,60
""",
}


def example_file(kind: str) -> str:
    """A file of a kind as CSV: the header and three rows; PermanentError where there is no such kind."""
    if kind not in KINDS:
        raise PermanentError(f"'{kind}' is no kind of upload; Flux reads {listed(KINDS)}. Choose one of these.")
    return _EXAMPLES[kind]


def needs(contract: Contract, write: Callable[[str], str] = str) -> str:
    """The fields that a file must bring, each written by `write`; where one of several will do, `date or valid_at`."""
    required = [write(field.name) for field in contract.fields if field.required]
    choices = [" or ".join(_together(list(map(write, way))) for way in choice) for choice in contract.choices]
    return ", ".join(required + choices)


def may_bring(contract: Contract, write: Callable[[str], str] = str) -> str:
    """The other fields that a file may bring."""
    chosen = {name for choice in contract.choices for way in choice for name in way}
    return ", ".join(write(each.name) for each in contract.fields if not each.required and each.name not in chosen)


def kinds_table(is_loaded: Callable[[str], bool], contracts: Iterable[Contract] = KINDS.values()) -> str:
    """The kinds as a table in Markdown, between the README's markers; those that are not loaded yet are marked."""
    rows = [
        f"| `{each.kind}` | {_in_markdown(each, is_loaded)} | {needs(each, _as_code)} | {may_bring(each, _as_code)} |"
        for each in contracts
    ]
    head = "| kind | what it holds | needs | may bring |"
    return "\n".join([MARKERS[0], head, "|---|---|---|---|", *rows, MARKERS[1]])


def _together(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"({' and '.join(names)})"


def _in_markdown(contract: Contract, is_loaded: Callable[[str], bool]) -> str:
    what = contract.description.replace("|", "\\|")
    return what if is_loaded(contract.kind) else f"{what} *Checked, not loaded yet.*"


def _as_code(name: str) -> str:
    return f"`{name}`"
