"""The format: heads, segments and deltas, as docs/storage-format.md describes them."""
