"""The adapter to SQLite and PostgreSQL. Rows never leave."""
