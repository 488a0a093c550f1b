"""The demand model: its design, and how it is fitted."""
