"""The outside world, inward: weather and events, and the folder where people drop files."""
