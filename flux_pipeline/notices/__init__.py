"""Edge: alerts as messages to people and programs outside: a signed webhook, a mail."""
