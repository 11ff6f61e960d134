"""Documents whose key is too long to be the name of a record."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ingenious_storage.backends.base import IfAbsent, Lineage, PutOptions
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.key_providers.key_file import KeyFile
from ingenious_storage.layers.encrypt import records
from ingenious_storage.layers.encrypt.administration import Administration
from ingenious_storage.layers.encrypt.keyring import Keyring
from ingenious_storage.layers.encrypt.layer import EncryptLayer
from ingenious_storage.layers.encrypt.verification import Verification

LONG = "documents/" + "x" * 990


def document_of(key: str) -> str | None:
    return key if key.startswith("documents/") else None


def test_what_a_hash_names_is_checked_when_its_document_is_met(tmp_path: Path) -> None:
    store, provider = InMemoryBackend(), KeyFile.create(tmp_path / "keys.json")
    keyring = Keyring(store, lambda: provider, role="data", document_of=document_of)
    layer = EncryptLayer(store, keyring)
    layer.put(LONG, b"words", PutOptions(condition=IfAbsent(), lineage=Lineage.BEGINS))

    def verified() -> tuple[list[str], list[str]]:
        keys = Administration(store, keyring.masters, keyring.container, workers=2)
        found = Verification(keys, document_of=document_of).run()
        assert found.documents == 1
        return [problem.key for problem in found.problems], list(found.strays)

    assert verified() == ([], [])
    name = records.document_name(LONG)
    assert records.document_of(name) is None
    [entry] = records.parse_document(store.get(name).data, LONG)
    wrong = dataclasses.replace(entry, wrapped=bytes(len(entry.wrapped)))
    store.put(name, records.encode_document([wrong]))
    assert verified() == ([name], [])
