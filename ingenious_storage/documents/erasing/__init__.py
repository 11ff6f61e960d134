"""Erasing: purge, prune and gc."""
