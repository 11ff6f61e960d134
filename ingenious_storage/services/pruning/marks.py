"""Marks: small blobs by which the adapter of Pydantic AI lists conversations; they go with them.

Their names hold the scope, which is often a user's id. docs/frameworks has what the adapter keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ingenious_storage.documents import DocumentStore
from ingenious_storage.documents.format.head import Head
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.services.agents import ROOT, encoder

FRAMEWORK: Final = "pydantic-ai"


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
                root = f"{ROOT}{FRAMEWORK}-no-scope/"
            case {"mark": [_, str(nonce)], "record": {"scope": str(scope)}}:
                root = f"{ROOT}{FRAMEWORK}-scopes/{encoder(store.files)(scope)}/"
            case _:
                return None
        conversation = head.key.split("/")[2]
        return cls(f"{root}{conversation}/", f"-{nonce}")

    def remove(self, files: FileStorage) -> None:
        """A conversation that began anew meanwhile has marks of another ending."""
        keys = [key for key in files.list_keys(self.folder) if key.endswith(self.ending)]
        for error in (files.delete_many(keys) if keys else {}).values():
            if error is not None:
                raise error
