"""A migration on many processes: ranges of its objects, as bulk work."""
