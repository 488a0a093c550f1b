"""The `flux` command, one module a subject. Each command is thin: what it does stands in the rooms below."""
