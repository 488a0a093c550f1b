"""Calendars in iCalendar's form (RFC 5545): their events, each with its occurrences."""
