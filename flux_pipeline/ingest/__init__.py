"""Uploaded files -> valid rows + rejected rows, each with its reason. Bytes in, frames out; nothing is stored here."""
