"""Index: the file, its tables, and how they are written, compared and checked."""

from ingenious_storage.catalogue.index.index import Index

__all__ = ["Index"]
