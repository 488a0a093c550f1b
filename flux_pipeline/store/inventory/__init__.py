"""Stock and orders: what the ledger books, what is in stock, and what people decide about orders."""
