"""Kinds of file that Flux reads: one module for each, or for several similar ones. `registry` lists them."""
