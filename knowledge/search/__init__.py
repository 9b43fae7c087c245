"""Which passages fit, in what order, and whether they are evidence enough."""
