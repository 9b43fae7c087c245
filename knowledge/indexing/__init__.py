"""From guides to an index on disk: passages, generations, the swap."""
