"""Marks: small blobs by which the adapter of Pydantic AI lists conversations; they go with them.

Their names hold the scope, which is often a user's id. docs/frameworks has what the adapter keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ingenious_storage.documents import DocumentStore
from ingenious_storage.documents.erasing.purge import delete_all
from ingenious_storage.documents.format.head import Head
from ingenious_storage.services.agents import ROOT, encoder

FRAMEWORK: Final = "pydantic-ai"
SCOPED: Final = "pydantic-ai-scopes"
UNSCOPED: Final = "pydantic-ai-no-scope"
"""Under which marks are kept, as if they were frameworks."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Those of one conversation."""

    folder: str
    ending: str

    @classmethod
    def of(cls, store: DocumentStore, head: Head) -> Marks | None:
        """By the document's data, as the adapter's `Log` writes them; None for other data."""
        match store.encoding.loads(head.data, key=head.key):
            case {"mark": [_, str(nonce)], "record": {"scope": None}}:
                root = f"{ROOT}{UNSCOPED}/"
            case {"mark": [_, str(nonce)], "record": {"scope": str(scope)}}:
                root = f"{ROOT}{SCOPED}/{encoder(store.files)(scope)}/"
            case _:
                return None
        conversation = head.key.split("/")[2]
        return cls(f"{root}{conversation}/", f"-{nonce}")

    def remove(self, store: DocumentStore) -> None:
        """A conversation that began anew meanwhile has marks of another ending."""
        keys = store.files.list_keys(self.folder)
        delete_all(store, [key for key in keys if key.endswith(self.ending)])
