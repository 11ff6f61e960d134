"""Bulk work on processes of this machine: spawned, so that nothing of this one is shared."""
