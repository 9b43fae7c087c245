"""One small module per file format, each from a path to a `Reading`; broken files are met in a process of their own."""
