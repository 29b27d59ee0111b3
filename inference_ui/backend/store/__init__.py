"""Database sessions, queries and migrations: the only room with SQL in it."""
