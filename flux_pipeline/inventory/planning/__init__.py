"""Plans of a day from what is recommended and projected: from whom to buy, and what to prepare."""
