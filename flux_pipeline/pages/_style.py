"""Style of the printed roster: A4 landscape, and readable without colours."""

# Light and dark tones alternate between roles; without colour, the marks of the roles tell them apart.
TONES = (
    ("#dcebf7", "#0072b2"),
    ("#fbe3d0", "#b34700"),
    ("#d9f0e6", "#00705a"),
    ("#f4dfec", "#9c4a7c"),
    ("#fbf3c4", "#7d6a00"),
    ("#e4e4e4", "#444444"),
    ("#dff3fb", "#1f7a9e"),
    ("#e9e2f6", "#5b3f99"),
)

STYLE = """
@page { size: A4 landscape; margin: 9mm 10mm 10mm; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 18px 22px; max-width: 1360px; background: #fff; color: #1c1c1c;
  font: 12px/1.3 "Helvetica Neue", Helvetica, Arial, "Noto Sans", "Liberation Sans", sans-serif;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
header { display: flex; align-items: flex-end; justify-content: space-between; gap: 24px; margin-bottom: 10px; }
h1 { margin: 0; font-size: 23px; line-height: 1.15; font-weight: 700; overflow-wrap: anywhere; }
h1 + p { margin: 3px 0 0; font-size: 14px; color: #444; }
.state { flex: none; border: 2px solid #1c1c1c; border-radius: 4px; padding: 3px 12px; font-size: 14px;
  font-weight: 700; letter-spacing: .08em; text-transform: uppercase; }
.state.draft { border-style: dashed; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; margin-bottom: 10px; }
th, td { border: 1px solid #c9c9c9; padding: 3px 4px; vertical-align: top; text-align: left; font-weight: 400; }
thead th { border-color: #1c1c1c; background: #1c1c1c; color: #fff; font-weight: 700; padding: 5px 6px; }
thead th span { font-weight: 400; opacity: .85; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
.who { width: 15.5%; } .sum { width: 5.5%; text-align: right; white-space: nowrap; }
tbody th.who { font-weight: 600; overflow-wrap: anywhere; }
tbody tr.person:nth-child(odd) > * { background: #fafafa; }
.weekend { background: #f1f1f1 !important; }
thead .weekend { background: #444 !important; border-color: #1c1c1c; }
tr.role > * { background: #f6f6f6 !important; box-shadow: inset 0 2px #1c1c1c; padding-top: 5px; }
tr.role { break-after: avoid; }
tr.role .who { font-size: 13.5px; font-weight: 700; }
.figures { display: block; font-size: 10px; color: #444; white-space: nowrap; }
.figures b { color: #000; }
svg { display: block; width: 100%; height: 26px; }
rect { shape-rendering: crispEdges; }
.needed { fill: none; stroke: #1c1c1c; stroke-width: 1.4; vector-effect: non-scaling-stroke; }
.shift { display: block; border: 1px solid; border-left-width: 5px; border-radius: 3px; padding: 1px 3px 2px 4px;
  margin-bottom: 2px; overflow: hidden; }
.shift:last-child { margin-bottom: 0; }
.shift.draft { border-style: dashed; border-left-style: solid; }
.shift b { font-size: 12.5px; white-space: nowrap; font-variant-numeric: tabular-nums; color: #1c1c1c; }
sup { font-size: 8.5px; line-height: 0; color: #1c1c1c; }
.shift small { display: block; font-size: 10px; line-height: 1.25; color: #333; }
.mark { float: right; border-radius: 2px; padding: 0 3px; margin: 1px 0 0 2px; font-style: normal; font-weight: 700;
  font-size: 10px; color: #fff; }
.free { color: #b5b5b5; text-align: center; vertical-align: middle; }
.key { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 0 0 10px; font-size: 11px; color: #333; }
.key span { white-space: nowrap; } .key .mark { float: none; margin: 0 4px 0 0; }
h2 { margin: 12px 0 4px; font-size: 14px; break-after: avoid; }
ul { margin: 0; padding-left: 16px; } li { margin-bottom: 4px; break-inside: avoid; overflow-wrap: anywhere; }
footer { margin-top: 12px; border-top: 1px solid #c9c9c9; padding-top: 4px; font-size: 10.5px; color: #555; }
.dense { font-size: 11px; } .dense th, .dense td { padding: 1px 3px; }
.dense .shift { padding: 0 3px; } .dense .shift b { font-size: 11.5px; } .dense .shift small { font-size: 9px; }
.dense svg { height: 20px; }
section + section { break-before: page; }
@media print {
  body { padding: 0; max-width: none; }
  .wide { zoom: .82; }
  .usual, .dense { zoom: .8; }
}
"""


def tones(roles: tuple[str, ...]) -> str:
    """Return the rules that give each role its tones, by its place."""
    rules = []
    for place in range(len(roles)):
        light, dark = TONES[place % len(TONES)]
        rules.append(f".r{place} {{ background: {light}; border-color: {dark}; }} .r{place} .mark, ")
        rules.append(f".mark.r{place} {{ background: {dark}; }} svg .r{place} {{ fill: {dark}; fill-opacity: .38; }}\n")
    return "".join(rules)
