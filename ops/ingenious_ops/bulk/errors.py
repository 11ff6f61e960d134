"""Errors of bulk work, in the words of its user."""

from __future__ import annotations

from ingenious_storage.errors import ConfigurationError, StorageError


class BulkError(StorageError):
    """Bulk work cannot go on."""

    code = "bulk_failed"
    default_hint = "Nothing is lost: run the same command again."


class WorkError(BulkError, ValueError):
    """What was to be sent to a worker is not an importable function with plain data."""

    code = "bulk_work_invalid"
    default_hint = (
        "Give a function of a module, and data of dataclasses, texts, numbers and collections: "
        "a worker opens its own clients, and resolves its own secrets."
    )


class RangeLostError(BulkError):
    """One range took its worker with it, again and again."""

    code = "bulk_range_lost"
    default_hint = (
        "Look at why the worker died: most often its memory was not enough for the largest object "
        "of that range. Then run the same command again."
    )


class WorkerFailedError(BulkError):
    """A worker met an error that is none of this library."""

    code = "bulk_worker_failed"
    default_hint = "This is a bug: please report it with the lines that the worker wrote."


class WorkerVersionError(BulkError):
    """A worker, or the scheduler, runs another version than this process."""

    code = "bulk_worker_version"
    default_hint = (
        "Install the same versions everywhere: one image for the command and the cluster."
    )


class WorkerPlaceError(BulkError):
    """A worker's own configuration leads to another place than that of this process."""

    code = "bulk_worker_place"
    default_hint = (
        "Set the same variables for the workers as for the command; a folder has to be the same "
        "on every machine."
    )


class SchedulerError(BulkError):
    """The scheduler of the cluster does not answer, or has no workers."""

    code = "bulk_scheduler_unreachable"
    default_hint = "Start it with `dask scheduler`, and workers with `dask worker ADDRESS`."


class SchedulerLostError(SchedulerError):
    """The scheduler went away while its workers were at work."""

    code = "bulk_scheduler_lost"
    default_hint = (
        "Start it again and run the same command. What a worker had begun it may still finish, "
        "which harms nothing."
    )


class LiteralSecretError(BulkError, ConfigurationError):
    """A file holds a secret as text, which would travel to the cluster in clear."""

    code = "bulk_literal_secret"
    default_hint = (
        "Write the whole value as ${NAME}, and set that variable for the command and the workers; "
        "or use an identity of the machine, which needs no secret."
    )
