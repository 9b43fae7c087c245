"""Which sentences answer, and how they are said."""
