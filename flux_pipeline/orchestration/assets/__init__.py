"""Assets, one module a group. Each fills the table of its name: read, one pure call, write, return."""
