"""Checks of `doctor` that only a sharded store needs."""

from __future__ import annotations

from ingenious_storage.backends.sharded.backend import ShardedBackend


def shards(backend: ShardedBackend) -> str:
    """Ask each shard for its container and its record, and say where each lies.

    Raises: what the first shard that cannot be used raised, which names it; ConfigurationError when
        they are not of one layout.
    """
    try:
        is_there = backend.container_exists()
    finally:
        backend.close()
    found = backend.place.removeprefix(f"{backend.name}:").replace(",", ", ")
    return f"{found}: {'of one layout' if is_there else 'not set up yet'}"
