"""The peer azcopy, from its npm package."""
