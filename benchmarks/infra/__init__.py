"""Benchmarks of the infrastructure program."""
