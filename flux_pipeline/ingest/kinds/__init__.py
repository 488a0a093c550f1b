"""The kinds of file that Flux reads: a module each, or one for kinds that are alike. `registry` lists them."""
