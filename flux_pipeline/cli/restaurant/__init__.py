"""Commands about one restaurant: its settings, hours, menu, and what is known of it."""
