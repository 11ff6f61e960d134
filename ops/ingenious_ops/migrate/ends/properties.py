"""Properties that travel with the bytes: content type, encoding, caching, metadata and the like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from ingenious_ops.migrate.ends.base import Item, Target

HEADERS: Final = ("content_encoding", "content_language", "content_disposition", "cache_control")


def differences(source: Item, target: Item) -> list[str]:
    """Names of what the target should have as the source has it, and has not."""
    theirs = dict(_of(target))
    found = [name for name, value in _of(source) if theirs.get(name) != value]
    if source.content_type is not None:
        found += list(theirs.keys() - dict(_of(source)).keys())
    return sorted(found)


def lost(items: Sequence[Item], target: Target) -> dict[str, int]:
    """What a target that keeps bytes only would lose: names, and of how many objects."""
    if target.keeps_properties:
        return {}
    names = (
        name
        for item in items
        for name in {name.partition(":")[0] for name, _ in _of(item)} - {"content_type"}
    )
    return dict(sorted(Counter(names).items()))


def _of(item: Item) -> Iterator[tuple[str, str]]:
    if item.content_type is not None:
        yield "content_type", item.content_type
    for name in HEADERS:
        value = getattr(item.properties, name)
        if value is not None:
            yield name, value
    for name, value in item.properties.metadata.items():
        yield f"metadata:{name.lower()}", value
