"""Kinds of resources: what local Azure knows of each type."""
