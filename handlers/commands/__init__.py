"""Slash-commands of colleagues, one module per theme; `dispatch` finds the one that is meant."""
