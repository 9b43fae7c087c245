"""What is broken on purpose, one scenario after another, each with its reckoning. `make chaos`, docs/chaos.md."""
