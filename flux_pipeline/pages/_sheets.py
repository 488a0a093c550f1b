"""Frame of a sheet to print: A4 portrait, readable without colours, in one file of HTML that needs nothing else."""

import datetime as dt
from html import escape
from zoneinfo import ZoneInfo

STYLE = """
@page { size: A4; margin: 14mm 14mm 16mm; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 28px 32px; max-width: 860px; background: #fff; color: #1c1c1c;
  font: 13px/1.4 "Helvetica Neue", Helvetica, Arial, "Noto Sans", "Liberation Sans", sans-serif;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
header { display: flex; align-items: flex-start; justify-content: space-between; gap: 24px; margin-bottom: 20px; }
h1 { margin: 0; font-size: 26px; line-height: 1.15; overflow-wrap: anywhere; }
h1 + p { margin: 4px 0 0; font-size: 15px; color: #444; }
table { width: 100%; border-collapse: collapse; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { padding: 6px; text-align: left; vertical-align: baseline; }
thead th { background: #1c1c1c; color: #fff; font-size: 11.5px; font-weight: 700; white-space: nowrap; }
tbody td { border-bottom: 1px solid #d4d4d4; }
tbody tr:nth-child(even) td { background: #f7f7f7; }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
small { display: block; font-size: 11px; font-weight: 400; color: #555; }
footer { margin-top: 22px; border-top: 1px solid #c9c9c9; padding-top: 5px; font-size: 11px; color: #555; }
@media print { body { padding: 0; max-width: none; } }
"""


def document(title: str, style: str, body: str) -> str:
    """Return a page of a title, the style of its own parts, and a body that is HTML already."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}{style}</style></head><body>\n{body}</body></html>\n"
    )


def made_by(made_for: str, made_at: dt.datetime, timezone: str) -> str:
    """Return who asked for a sheet (empty: not said) and when that was, as a sentence."""
    local = made_at.astimezone(ZoneInfo(timezone))
    who = f" for {escape(made_for)}" if made_for else ""
    return f"Made{who} on {full_day(local.date())} at {local:%H:%M}."


def full_day(day: dt.date) -> str:
    """Return a day in full: Monday 30 November 2026."""
    return f"{day:%A} {day.day} {day:%B} {day.year}"
