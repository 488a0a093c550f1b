"""Vocabulary of ingest: texts, tables of texts, and tables whose columns are known fields."""
