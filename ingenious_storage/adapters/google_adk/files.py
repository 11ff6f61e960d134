"""Files: an artifact as the data of its document, whose revisions are the artifact's versions.

version      0 for the first
created_at   seconds since 1970
mime_type    absent for a reference to another artifact
metadata     what its author gave with it; absent for none
part         as `packing` packs it: the bytes of a file as they are
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.adk.artifacts import artifact_util
from google.adk.artifacts.base_artifact_service import ArtifactVersion
from google.adk.errors.input_validation_error import InputValidationError
from google.genai import types

from ingenious_storage import documents
from ingenious_storage.adapters.google_adk.packing import packed, plain
from ingenious_storage.documents import Document, DocumentStore
from ingenious_storage.errors import NotFoundError
from ingenious_storage.jsondata import Json

LEAF: Final = "artifact"
_USERS: Final = "user:"
"""How the names of files begin that all sessions of a user share."""


@dataclass(frozen=True, slots=True)
class File:
    """Which artifact."""

    app_name: str
    user_id: str
    session_id: str | None
    """None for a file of the user."""
    filename: str

    @classmethod
    def of(cls, app_name: str, user_id: str, session_id: str | None, filename: str) -> File:
        """Raises: the framework's InputValidationError."""
        artifact_util.validate_path_segment(app_name, "app_name")
        artifact_util.validate_path_segment(user_id, "user_id")
        if filename.startswith(_USERS):
            return cls(app_name, user_id, None, filename)
        if session_id is None:
            raise InputValidationError("Session ID must be provided for session-scoped artifacts.")
        artifact_util.validate_path_segment(session_id, "session_id")
        return cls(app_name, user_id, session_id, filename)

    @staticmethod
    def root(app_name: str, user_id: str, session_id: str | None) -> tuple[str, ...]:
        """What the names of the documents of a session's files begin with, or of a user's."""
        scope = ("user",) if session_id is None else ("session", session_id)
        return (*File.of_user(app_name, user_id), *scope)

    @staticmethod
    def of_user(app_name: str, user_id: str) -> tuple[str, ...]:
        """What the names of the documents of all files of a user begin with."""
        return ("artifact", app_name, user_id)

    @property
    def parts(self) -> tuple[str, ...]:
        """The name of the document."""
        return (*self.root(self.app_name, self.user_id, self.session_id), self.filename)

    def described(self, data: Json) -> ArtifactVersion:
        """A version as the framework describes it, without what is in it."""
        uri = artifact_util.get_artifact_uri(
            self.app_name, self.user_id, self.filename, data["version"], self.session_id
        )
        return ArtifactVersion(
            version=data["version"],
            canonical_uri=uri,
            custom_metadata=data.get("metadata", {}),
            create_time=data["created_at"],
            mime_type=data.get("mime_type"),
        )


class Save:
    """A part that becomes the next version. Raises: InputValidationError, InvalidDataError."""

    def __init__(
        self, file: File, part: types.Part, metadata: Mapping[str, Any] | None, now: float
    ) -> None:
        mime_type, given = _mime_type(file, part), plain(metadata or {})
        self._data = {
            "created_at": now,
            **({} if mime_type is None else {"mime_type": mime_type}),
            **({"metadata": given} if given else {}),
            "part": packed(part),
        }
        self.version = 0

    def __call__(self, old: Json) -> Json:
        """The data of the next version; may be called several times."""
        self.version = 0 if old is None else old["version"] + 1
        return {"version": self.version, **self._data}


def _mime_type(file: File, part: types.Part) -> str | None:
    if part.inline_data is None and part.text is not None:
        return "text/plain"
    held = part.file_data if part.inline_data is None else part.inline_data
    if held is None:
        raise InputValidationError("Not supported artifact type.")
    if held is part.inline_data or not artifact_util.is_artifact_ref(part):
        mime_type: str | None = held.mime_type
        return mime_type
    uri = part.file_data.file_uri or ""
    parsed = artifact_util.parse_artifact_uri(uri)
    if not parsed:
        raise InputValidationError(f"Invalid artifact reference URI: {uri}")
    artifact_util.validate_artifact_reference_scope(
        app_name=file.app_name,
        user_id=file.user_id,
        session_id=file.session_id,
        parsed_uri=parsed,
    )
    return None


def versions(store: DocumentStore, key: str) -> Iterator[Document]:
    """Those of a file that are kept, the newest first; none of before it was last deleted."""
    try:
        for each in documents.revisions(store, key):
            if not isinstance(each, Document):
                return
            yield each
            if each.data["version"] == 0:
                return
    except NotFoundError:
        return


def version(store: DocumentStore, key: str, number: int) -> Document | None:
    """One of them; None where there is none.

    Each version is one revision, so that its number says which; where somebody rolled the document
    back by other means, the versions are looked through.
    """
    try:
        newest = store.load(key)
        behind = newest.data["version"] - number
        if behind < 0 or number < 0:
            return None
        found = store.load(key, revision=newest.revision.number - behind) if behind else newest
    except NotFoundError:
        return None
    if found.data["version"] == number:
        return found
    return next((each for each in versions(store, key) if each.data["version"] == number), None)
