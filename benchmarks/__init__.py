"""Benchmarks of the library beside the same by hand: `make bench` writes docs/benchmarks.md."""
