"""What to do with what somebody said."""
