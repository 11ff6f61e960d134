"""Kinds of calls that a history may be of: on documents, and on prompt sets with their labels."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ingenious_storage.documents import DocumentStore, Groups
from ingenious_storage.services.prompts import PromptLibrary
from tests.integration.proof.recording import calls, library
from tests.integration.proof.recording.calls import Answer, Client, Desk
from tests.integration.proof.recording.journal import Call
from tests.integration.proof.recording.library import Editor, Shelf

Kind = Literal["documents", "library"]


@dataclass(frozen=True, slots=True)
class Calls:
    mix: Mapping[str, int]
    keys: Callable[[int], list[str]]
    """Of so many documents."""
    client: Callable[[int, random.Random, Mapping[str, int], Sequence[str]], Client]
    sender: Callable[[DocumentStore], Callable[[Call], Answer]]
    look: Callable[[Sequence[str], int], list[Call]]


KINDS: Final[Mapping[Kind, Calls]] = {
    "documents": Calls(
        calls.MIX,
        calls.keys,
        Client,
        lambda store: Desk(store, Groups(store)).send,
        calls.look,
    ),
    "library": Calls(
        library.MIX,
        library.sets,
        Editor,
        lambda store: Shelf(PromptLibrary(documents=store)).send,
        library.look,
    ),
}


def mix_of(kind: Kind, *, purges: bool = True) -> Mapping[str, int]:
    """How often which call is made; without purges for stores that lose writes beside deletes."""
    mix = KINDS[kind].mix
    return mix if purges else {name: share for name, share in mix.items() if name != "purge"}
