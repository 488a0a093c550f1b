"""Reading of uploaded files: bytes in; valid rows and rejected rows, each with its reason, out. Nothing is stored."""
