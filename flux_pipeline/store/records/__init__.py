"""What ran, who changed what, what a restaurant has set."""
