"""The PostgreSQL server: connections, roles, locks, client programs, bulk copying. No module here knows restaurants."""
