"""From the bytes of a file to tables of texts. What a text or a column means is not known here."""
