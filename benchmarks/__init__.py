"""What the library costs beside doing the same by hand: `make bench` writes docs/benchmarks.md."""
