"""Artifacts: versions that are saved at once, bounds, costs, files that were pruned or erased."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from google.genai import types

from ingenious_storage import Storage, documents
from ingenious_storage.adapters.google_adk import StorageArtifactService
from ingenious_storage.errors import ObjectTooLargeError
from tests.support.counting import CountingBackend

AT: dict[str, Any] = {"app_name": "app", "user_id": "ana", "session_id": "s", "filename": "f.bin"}


def binary(data: bytes) -> types.Part:
    return types.Part(inline_data=types.Blob(mime_type="application/pdf", data=data))


def test_each_save_is_a_version_also_of_several_at_once(
    somewhere: Callable[[], Storage],
) -> None:
    contents = {os.urandom(3000) for _ in range(40)}

    async def save(artifacts: StorageArtifactService, some: list[bytes]) -> list[int]:
        saves = (artifacts.save_artifact(**AT, artifact=binary(each)) for each in some)
        return await asyncio.gather(*saves)

    async def load(artifacts: StorageArtifactService) -> list[types.Part | None]:
        return [await artifacts.load_artifact(**AT, version=number) for number in range(40)]

    with somewhere() as one, somewhere() as other:
        every = list(contents)

        async def run() -> list[list[int]]:
            services = (StorageArtifactService(one), StorageArtifactService(other))
            halves = (every[:20], every[20:])
            return await asyncio.gather(*map(save, services, halves))

        saved = [*chain(*asyncio.run(run()))]
        assert sorted(saved) == list(range(40))
        numbered = dict(zip(saved, every, strict=True))
        for number, part in enumerate(asyncio.run(load(StorageArtifactService(other)))):
            assert part == binary(numbered[number])


def test_a_large_file_and_one_that_is_too_large(storage: Storage) -> None:
    async def run() -> None:
        artifacts = StorageArtifactService(storage)
        data = os.urandom(5 * 1024 * 1024)
        assert await artifacts.save_artifact(**AT, artifact=binary(data)) == 0
        assert await artifacts.save_artifact(**AT, artifact=binary(data[::-1])) == 1
        assert await artifacts.load_artifact(**AT, version=0) == binary(data)
        with pytest.raises(ObjectTooLargeError):
            await artifacts.save_artifact(**AT, artifact=binary(bytes(17 * 1024 * 1024)))
        assert await artifacts.list_versions(**AT) == [0, 1]

    asyncio.run(run())


def test_what_each_call_costs(storage: Storage, counted: CountingBackend) -> None:
    async def run() -> None:
        artifacts = StorageArtifactService(storage)
        await artifacts.save_artifact(**AT, artifact=binary(b"0"))
        assert counted.operations == Counter(get=1, put=1)
        counted.reset()
        for number in range(1, 5):
            await artifacts.save_artifact(**AT, artifact=binary(bytes([number])))
        assert counted.operations == Counter(put=4)
        counted.reset()
        await artifacts.load_artifact(**AT)
        assert counted.operations == Counter(get=1)
        counted.reset()
        await artifacts.load_artifact(**AT, version=2)
        assert counted.operations == Counter(get=2)
        counted.reset()
        assert len(await artifacts.list_artifact_versions(**AT)) == 5
        assert counted.operations == Counter(get=1)
        counted.reset()
        await artifacts.list_artifact_keys(app_name="app", user_id="ana", session_id="s")
        assert counted.operations == Counter(list=4)

    asyncio.run(run())


def test_versions_that_were_pruned_or_rolled_back(storage: Storage) -> None:
    async def run() -> None:
        artifacts = StorageArtifactService(storage)
        for number in range(70):
            await artifacts.save_artifact(**AT, artifact=binary(bytes([number])))
        at = storage.agents("google-adk")
        key = at.key("artifact", "app", "ana", "session", "s", "f.bin", leaf="artifact")
        documents.prune(at.store, key, keep=20)
        kept = await artifacts.list_versions(**AT)
        assert kept == list(range(kept[0], 70))
        assert 0 < kept[0] <= 50
        assert await artifacts.load_artifact(**AT, version=kept[0] - 1) is None
        assert await artifacts.load_artifact(**AT, version=kept[0]) == binary(bytes([kept[0]]))
        at.store.rollback(key, 66)
        assert await artifacts.load_artifact(**AT) == binary(bytes([65]))
        assert await artifacts.load_artifact(**AT, version=64) == binary(bytes([64]))

    asyncio.run(run())


def test_an_erased_file_begins_anew(storage: Storage) -> None:
    async def run() -> None:
        artifacts = StorageArtifactService(storage)
        for number in range(2):
            await artifacts.save_artifact(**AT, artifact=binary(bytes([number])))
        await artifacts.delete_artifact(**AT)
        (receipt,) = await artifacts.erase_artifact(**AT)
        assert receipt.revisions == 3
        assert receipt.recoverable_until is None or receipt.recoverable_until > (
            receipt.purged_at - timedelta(1)
        )
        assert await artifacts.save_artifact(**AT, artifact=binary(b"new")) == 0
        assert await artifacts.list_versions(**AT) == [0]

    asyncio.run(run())
