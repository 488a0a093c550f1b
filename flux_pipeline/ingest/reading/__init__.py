"""Reading of a file's bytes into tables of texts. The meaning of a text or a column is found elsewhere."""
