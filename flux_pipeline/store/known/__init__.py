"""Facts that are known since a moment: promotions, stock-outs, reservations, closures, hours, feeds."""
