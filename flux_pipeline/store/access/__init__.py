"""Access: people, logins of BI tools, and the server's logins behind those."""
