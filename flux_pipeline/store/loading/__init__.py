"""Loading of files: handed in, loaded from the archive into their tables, withdrawn, replayed."""
