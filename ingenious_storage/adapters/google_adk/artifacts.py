"""`StorageArtifactService`: the files of the framework's agents, each version a revision."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from google.adk.artifacts import BaseArtifactService, artifact_util
from google.adk.artifacts.base_artifact_service import ArtifactVersion, ensure_part
from google.genai import types

from ingenious_storage.adapters.google_adk import files
from ingenious_storage.adapters.google_adk.files import LEAF, File, Save
from ingenious_storage.adapters.google_adk.packing import FRAMEWORK
from ingenious_storage.adapters.place import Place
from ingenious_storage.aio import in_thread, to_its_end
from ingenious_storage.documents import PurgeReceipt
from ingenious_storage.storage import Storage

_DEPTH: Final = 5
"""References that a load follows, as the framework's own services do."""
_REMOVED: Final = types.Part(inline_data=types.Blob(mime_type="application/octet-stream", data=b""))
"""What a rewind of a session saves in place of a file that was not there yet."""


class StorageArtifactService(BaseArtifactService):
    """Artifacts on a storage: for `Runner(artifact_service=...)`.

    Its calls run in worker threads, for any number of event loops. A call that is cancelled says
    whether its change was made, in a note of the CancelledError.

    A version has at most `storage.max_document_bytes`, 16 MiB unless it is set, else
    ObjectTooLargeError is raised.

    Args:
        storage: where they lie; None for the one that the configuration names.
        clock: gives the time of a version, in seconds since 1970.

    Each method raises the framework's InputValidationError for names that its own services refuse.
    """

    def __init__(
        self, storage: Storage | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._place, self._clock = Place(FRAMEWORK, storage), clock

    async def save_artifact(
        self,
        *,
        app_name: str,
        user_id: str,
        filename: str,
        artifact: types.Part | dict[str, Any],
        session_id: str | None = None,
        custom_metadata: dict[str, Any] | None = None,
    ) -> int:
        """The number of the version that it became; 0 for the first."""
        file = File.of(app_name, user_id, session_id, filename)
        save = Save(file, ensure_part(artifact), custom_metadata, self._clock())
        await to_its_end(partial(self._save, file, save))
        return save.version

    async def load_artifact(
        self,
        *,
        app_name: str,
        user_id: str,
        filename: str,
        session_id: str | None = None,
        version: int | None = None,
    ) -> types.Part | None:
        """A version, or the newest; None where there is none. References are followed."""
        file = File.of(app_name, user_id, session_id, filename)
        return await in_thread(partial(self._load, file, session_id, version, _DEPTH))

    async def list_artifact_keys(
        self, *, app_name: str, user_id: str, session_id: str | None = None
    ) -> list[str]:
        """The names of a session's and of its user's files, in order; or of the user's alone."""
        artifact_util.validate_path_segment(app_name, "app_name")
        artifact_util.validate_path_segment(user_id, "user_id")
        roots = [File.root(app_name, user_id, None)]
        if session_id is not None:
            artifact_util.validate_path_segment(session_id, "session_id")
            roots.append(File.root(app_name, user_id, session_id))
        return await in_thread(partial(self._names, roots))

    async def delete_artifact(
        self, *, app_name: str, user_id: str, filename: str, session_id: str | None = None
    ) -> None:
        """Delete a file, which may be missing. Its history stays: `erase_artifact` takes it."""
        parts = File.of(app_name, user_id, session_id, filename).parts
        await to_its_end(partial(self._place.delete, *parts, leaf=LEAF))

    async def erase_artifact(
        self, *, app_name: str, user_id: str, filename: str, session_id: str | None = None
    ) -> list[PurgeReceipt]:
        """Erase a file with all its versions, deleted or not."""
        parts = File.of(app_name, user_id, session_id, filename).parts
        return await to_its_end(partial(self._place.erase, *parts, leaf=LEAF))

    async def erase_user(self, *, app_name: str, user_id: str) -> list[PurgeReceipt]:
        """Erase all files of a user in an app, of all sessions, with their histories.

        Raises: the first error, after all were tried.
        """
        artifact_util.validate_path_segment(app_name, "app_name")
        artifact_util.validate_path_segment(user_id, "user_id")
        root = File.of_user(app_name, user_id)
        return await to_its_end(partial(self._place.erase_all, root))

    async def list_versions(
        self, *, app_name: str, user_id: str, filename: str, session_id: str | None = None
    ) -> list[int]:
        """The numbers of the versions that are kept, in order."""
        file = File.of(app_name, user_id, session_id, filename)
        return [each.version for each in await in_thread(partial(self._versions, file))]

    async def list_artifact_versions(
        self, *, app_name: str, user_id: str, filename: str, session_id: str | None = None
    ) -> list[ArtifactVersion]:
        """What is known of the versions that are kept, in order."""
        file = File.of(app_name, user_id, session_id, filename)
        return await in_thread(partial(self._versions, file))

    async def get_artifact_version(
        self,
        *,
        app_name: str,
        user_id: str,
        filename: str,
        session_id: str | None = None,
        version: int | None = None,
    ) -> ArtifactVersion | None:
        """What is known of a version, or of the newest; None where there is none."""
        file = File.of(app_name, user_id, session_id, filename)
        data = await in_thread(partial(self._data, file, version))
        return None if data is None else file.described(data)

    def _key(self, file: File) -> str:
        return self._place.documents.key(*file.parts, leaf=LEAF)

    def _save(self, file: File, save: Save) -> None:
        # Each begins a revision of its own: two that are saved at once are two versions.
        self._place.documents.change(*file.parts, leaf=LEAF, fn=save, begins=True)

    def _data(self, file: File, version: int | None) -> Any:
        if version is None:
            document = self._place.load(self._key(file))
        else:
            document = files.version(self._place.documents.store, self._key(file), version)
        return None if document is None else document.data

    def _load(
        self, file: File, session_id: str | None, version: int | None, depth: int
    ) -> types.Part | None:
        data = self._data(file, version)
        if data is None:
            return None
        part = types.Part.model_validate(data["part"])
        if not artifact_util.is_artifact_ref(part):
            return None if part == _REMOVED else part
        assert part.file_data is not None
        there = artifact_util.resolve_artifact_reference(
            file_uri=part.file_data.file_uri or "",
            app_name=file.app_name,
            user_id=file.user_id,
            session_id=session_id,
            remaining_depth=depth,
        )
        target = File.of(there.app_name, there.user_id, there.session_id, there.filename)
        return self._load(target, there.session_id, there.version, depth - 1)

    def _names(self, roots: list[tuple[str, ...]]) -> list[str]:
        found = (name for root in roots for name in self._place.documents.names(*root))
        return sorted(name.parts[-1] for name in found if name.leaf == LEAF)

    def _versions(self, file: File) -> list[ArtifactVersion]:
        found = files.versions(self._place.documents.store, self._key(file))
        return [*map(file.described, (each.data for each in found))][::-1]
