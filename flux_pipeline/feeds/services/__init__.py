"""Weather and events from services outside: requests that bring bytes, which `ingest.services` reads."""
