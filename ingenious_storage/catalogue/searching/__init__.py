"""Searching: from what people type to documents, with the passages that have the words."""

from ingenious_storage.catalogue.searching.search import search

__all__ = ["search"]
