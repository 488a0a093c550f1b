"""The schema: migrations, monthly partitions, tables kept by a SELECT."""
