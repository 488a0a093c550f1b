"""Commands about the system: database, doctor, UI, demo."""
