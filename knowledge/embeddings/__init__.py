"""Vectors of texts and where they are kept."""
