"""Commands about one restaurant: its settings, hours, closures, menu, promotions and stock-outs."""
