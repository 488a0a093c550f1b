"""The soak test: restaurants at work while processes are killed, then all rows compared with a clean rebuild."""
