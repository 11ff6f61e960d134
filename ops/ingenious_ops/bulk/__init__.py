"""Bulk work: one function for many ranges of keys, on threads, processes or a cluster of Dask."""
