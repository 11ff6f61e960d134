"""Kinds of documents: their keys in a container, and the names that people give them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from ingenious_storage.keys import decode_id, encode_id, is_encoded_id, is_name, validate_name


@dataclass(frozen=True, slots=True)
class Kind:
    """Documents of one kind. A key is `root`, the name as one segment, and `leaf`."""

    root: str
    leaf: str
    encode: Callable[[str], str]
    """From a name to its segment. Raises: InvalidKeyError."""
    decode: Callable[[str], str | None]
    is_segment: Callable[[str], bool]

    def key(self, name: str) -> str:
        """Raises: InvalidKeyError for a name that no document can have."""
        return f"{self.root}{self.encode(name)}{self.leaf}"

    def name(self, key: str) -> str | None:
        """The name by the key; None where only the document itself has it."""
        return self.decode(self.segment(key))

    def owns(self, key: str) -> bool:
        """Whether this is the key of such a document, and not that of somebody else's blob."""
        segment = self.segment(key)
        return key == f"{self.root}{segment}{self.leaf}" and self.is_segment(segment)

    def segment(self, key: str) -> str:
        """What stands in the name's place: of a prompt set or a label the name itself."""
        return key.removeprefix(self.root).removesuffix(self.leaf)


def _named(root: str, what: str) -> Kind:
    return Kind(root, ".json", partial(validate_name, what=what), str, is_name)


MEMORIES: Final = Kind("conversations/", "/memory.json", encode_id, decode_id, is_encoded_id)
"""By conversation id. Of a long id the key has a hash only."""
PROMPT_SETS: Final = _named("prompts/", "prompt set")
LABELS: Final = _named("labels/", "label")


def is_prompt_key(key: str) -> bool:
    """Whether this is the key of a prompt set or of a label."""
    return PROMPT_SETS.owns(key) or LABELS.owns(key)
