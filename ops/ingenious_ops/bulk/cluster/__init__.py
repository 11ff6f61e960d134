"""Bulk work on a cluster of Dask."""
