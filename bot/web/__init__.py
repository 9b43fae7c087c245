"""The HTTP side: callbacks of WeCom, health and metrics."""
