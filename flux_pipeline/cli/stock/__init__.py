"""Commands about stock, orders and vendors."""
