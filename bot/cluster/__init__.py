"""Several processes on one PostgreSQL: who drains a conversation, who is the clock, who fetches a token."""
