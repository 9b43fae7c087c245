"""A whole site on loopback as processes, the traffic that it gets, and the reckoning afterwards. docs/chaos.md."""
