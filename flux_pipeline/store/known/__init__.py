"""Facts with the moment since which they are known: promotions, stock-outs, reservations, closures, hours, feeds."""
