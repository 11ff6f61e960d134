"""Threads: what a `StorageSaver` keeps, two documents a namespace, and how they are changed."""
