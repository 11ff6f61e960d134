"""Names of revisions, as the framework makes and spells them (ingenious 0.2.8)."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Container, Iterator
from itertools import count
from typing import Final

MAX_LENGTH: Final = 50
_OTHER = re.compile(r"[^a-z0-9-]")
_HYPHENS = re.compile(r"-+")
_ADJECTIVES: Final = (
    "animated",
    "bouncy",
    "clever",
    "cosmic",
    "curvy",
    "dazzling",
    "electric",
    "fluffy",
    "fuzzy",
    "glowing",
    "happy",
    "jazzy",
    "kinetic",
    "lovely",
    "magical",
    "nimble",
    "quirky",
    "radiant",
    "shiny",
    "stellar",
    "turbo",
    "vibrant",
    "witty",
    "zesty",
)
_NOUNS: Final = (
    "disco",
    "ninja",
    "palm",
    "quantum",
    "rainbow",
    "space",
    "unicorn",
    "velvet",
    "wizard",
    "crystal",
    "golden",
    "silver",
    "emerald",
    "diamond",
    "ruby",
    "sapphire",
    "amber",
    "pearl",
    "jade",
    "onyx",
    "copper",
    "bronze",
    "platinum",
    "titanium",
)


def normalised(name: str) -> str:
    """The name of a new revision. Raises: ValueError, in the framework's words."""
    if not name.strip():
        raise ValueError("Revision ID cannot be empty")
    plain = _OTHER.sub("", name.lower().replace("_", "-"))
    plain = _HYPHENS.sub("-", plain).strip("-")
    if not plain:
        raise ValueError(f"Revision ID '{name}' contains no valid characters")
    return _bounded(plain)


def made_up(seed: str | None = None) -> str:
    """A name for who gives none: adjective-noun-8hex; of one seed always the same."""
    chance = secrets.token_bytes(6) if seed is None else hashlib.sha256(seed.encode()).digest()
    adjective = _ADJECTIVES[chance[0] % len(_ADJECTIVES)]
    noun = _NOUNS[chance[1] % len(_NOUNS)]
    return f"{adjective}-{noun}-{chance[2:6].hex()}"


def free(name: str, taken: Container[str]) -> Iterator[str]:
    """`name`, `name-1`, `name-2` ..., without those that are taken. Raises: ValueError."""
    for number in count():
        candidate = f"{name}-{number}" if number else name
        if candidate not in taken:
            yield _bounded(candidate)


def workflow_of(name: str) -> str:
    """A revision's name as that of a Python module."""
    return name.replace("-", "_").lower()


def spellings(revision: str) -> list[str]:
    """Those under which a revision is looked for, in this order."""
    workflow = workflow_of(revision)
    if workflow == revision:
        return [revision, workflow]
    return [revision, workflow, revision.replace("_", "-")]


def is_template(file: str) -> bool:
    """Whether the framework lists and copies a file."""
    return file.endswith((".md", ".jinja")) and "/" not in file


def _bounded(name: str) -> str:
    if len(name) > MAX_LENGTH:
        raise ValueError(
            f"Revision ID '{name}' exceeds maximum length of {MAX_LENGTH} characters "
            f"(got {len(name)})"
        )
    return name
