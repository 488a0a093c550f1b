"""Pages and files for people: a printable roster, its rows for a spreadsheet, calendars of shifts.

Pure: texts and bytes out, no script and nothing from elsewhere in them, and every name in them escaped.
"""
