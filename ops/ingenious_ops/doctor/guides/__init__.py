"""Guides: what the examination of each kind of service knows and says, a module each."""
