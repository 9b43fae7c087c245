"""Figures, each taken beside its baseline in the same run. Outside the test suite: `make bench`, docs/benchmarks.md."""
