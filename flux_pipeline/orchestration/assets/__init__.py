"""Assets, one module for each group. Each asset fills the table of its name: read, one pure call, write, return."""
