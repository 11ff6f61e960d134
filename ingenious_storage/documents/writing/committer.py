"""Committer: writes of one container's documents, each in its turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingenious_storage.documents.format.encoding import JSON, Encoding
from ingenious_storage.documents.format.head import visible
from ingenious_storage.documents.format.revision import Revision
from ingenious_storage.documents.reader import Reader
from ingenious_storage.documents.telemetry import DocumentTelemetry
from ingenious_storage.documents.writing.bursts import Bursts
from ingenious_storage.documents.writing.commit import Commit, same_revision
from ingenious_storage.documents.writing.decisions import Decide, Start
from ingenious_storage.documents.writing.once import claim
from ingenious_storage.documents.writing.pauses import Pauses
from ingenious_storage.documents.writing.repeats import Repeats
from ingenious_storage.documents.writing.turns import Turns
from ingenious_storage.errors import CommitUnknownError, ObjectTooLargeError
from ingenious_storage.jsondata import Json


def utc_now() -> datetime:
    """The clock of `created_at`."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Committer:
    """Writes revisions; `clock` gives created_at, `max_bytes` bounds the data.

    `brief`: only the newest revisions are kept, as many as a head holds, and none is sealed.
    """

    reader: Reader
    telemetry: DocumentTelemetry
    max_bytes: int
    encoding: Encoding = JSON
    clock: Callable[[], datetime] = utc_now
    pauses: Pauses = field(default_factory=Pauses)
    turns: Turns = field(default_factory=Turns)
    bursts: Bursts = field(default_factory=Bursts)
    brief: bool = False
    repeats: Repeats = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "repeats", Repeats(self.reader, self.clock))

    def encode(self, value: Json) -> bytes:
        """The data bytes. Raises: InvalidDataError, ObjectTooLargeError."""
        data = self.encoding.dumps(value)
        if len(data) > self.max_bytes:
            raise ObjectTooLargeError(f"{len(data)} bytes, the limit is {self.max_bytes}")
        return data

    def commit(
        self,
        key: str,
        name: str,
        decide: Decide,
        start: Callable[[], Start],
        *,
        blind: bool = False,
    ) -> Revision:
        """Write what `decide` says on top of the newest head; the revision that is newest then.

        Args:
            start: asked when it is this call's turn, so that it knows what the one before wrote.
            blind: `decide` does not look at what it goes on top of.

        Raises: what `decide` raises; ConflictError when others were faster at every try;
        CommitUnknownError when a write was sent and nobody could find out what became of it.
        """
        commit = Commit(
            reader=self.reader,
            telemetry=self.telemetry,
            clock=self.clock,
            pauses=self.pauses,
            key=key,
            name=name,
            decide=decide,
            repeats=self.repeats,
            encoding=self.encoding,
            brief=self.brief,
            claim=claim(key),
        )
        with self.turns.of(key):
            way = self.bursts.pause(key, self.pauses.clock())
            if way:
                self.pauses.sleep(way)
            begun, at = start(), self.pauses.clock()
            try:
                revision = commit.run(begun)
            except Exception as error:
                if commit.lost_answer:
                    unknown = isinstance(error, CommitUnknownError)
                    self.telemetry.lost_answer_settled("unknown" if unknown else "withdrawn")
                raise
            self.bursts.note(key, at, self.pauses.clock(), conflict=commit.met_others)
        self._count(commit, begun, blind=blind)
        return revision

    def _count(self, commit: Commit, start: Start, *, blind: bool) -> None:
        if commit.lost_answer:
            self.telemetry.lost_answer_settled(commit.outcome)
        if commit.outcome == "withdrawn":
            return
        self.telemetry.revision_saved()
        base = visible(commit.base)
        if blind and base is not None and not base.deleted:
            had_read = not start.fresh and same_revision(start.head, base)
            if not had_read:
                self.telemetry.blind_overwrite()
