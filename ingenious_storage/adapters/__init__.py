"""Adapters: frameworks that keep their state in a storage of ours, a folder each."""
