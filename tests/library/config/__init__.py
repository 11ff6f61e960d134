"""Configuration: where values come from, what is refused, and that nothing secret is shown."""
