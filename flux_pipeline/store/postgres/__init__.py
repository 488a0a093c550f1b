"""The server: connections, roles, locks, client programs, bulk copying. Nothing of restaurants."""
