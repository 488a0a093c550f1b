"""The vocabulary of the room: texts, tables of texts, and tables whose columns are known fields."""
