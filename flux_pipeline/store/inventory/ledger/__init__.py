"""The ledger of stock in the database: facts as they follow from all files, and movements that book them."""
