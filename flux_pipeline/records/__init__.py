"""What ran, on what, with what result, as values. Nothing here reads or writes."""
