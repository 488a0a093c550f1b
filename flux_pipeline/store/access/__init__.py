"""People, BI logins, and the server's logins behind them."""
