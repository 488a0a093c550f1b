"""PostgreSQL, both ways: models, tenancy, bulk writes, SQL models, the embedded server.

Imports nothing by itself, so that a command that needs no database pays for none.
"""
