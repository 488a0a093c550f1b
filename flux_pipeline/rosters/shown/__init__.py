"""What people see of a planned week, as values and sentences. No numpy: commands that read are fast."""
