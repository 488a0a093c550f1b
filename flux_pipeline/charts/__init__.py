"""Frames in, pictures out: what was forecast and how right it was, as PNG bytes. No file, no clock, no database."""
