"""The one store: the same tables on SQLite and PostgreSQL. Uniqueness lives here, not in checks in code."""
