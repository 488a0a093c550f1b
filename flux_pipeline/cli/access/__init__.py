"""Commands about people, logins of BI tools, and the audit log."""
