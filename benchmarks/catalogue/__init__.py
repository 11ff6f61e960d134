"""The catalogue: searches among a million documents."""
