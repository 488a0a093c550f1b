"""Lines that are a part of others: of a combo, of a dish with its extras, or of what a ticket costs."""
