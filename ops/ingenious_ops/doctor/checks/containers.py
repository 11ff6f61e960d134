"""Checks of the rights in a container, one by one, with a blob that does not stay."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from ingenious_ops.doctor.checks.guarantees import ignored, latency, preconditions, refused
from ingenious_ops.doctor.guide import guide_of
from ingenious_ops.doctor.model import Check, Result, failed, passed, warned
from ingenious_ops.doctor.probes import Probe, new_key, sweep
from ingenious_storage.backends.base import IfAbsent, IfMatch
from ingenious_storage.errors import (
    AuthenticationError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    StorageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingenious_ops.doctor.context import Context
    from ingenious_storage.backends.base import Backend
    from ingenious_storage.config import Role


def _there(role: Role, context: Context) -> Result:
    backend, name = context.backend(role), context.container(role)
    if not backend.durable:
        backend.ensure_container()
    try:
        is_there = backend.container_exists()
    except PermissionDeniedError:
        return passed(f"{name}: this credential may not ask whether it is there")
    if is_there:
        return passed(f"{name} is there")
    create = context.command("containers ensure")
    if context.storage.auto_create_containers:
        return warned(
            f"{name} is not there yet; the first save makes it",
            hint=f"Make it now, so that the rest can be checked: `{create}`.",
            code="container_not_found",
            stops=True,
        )
    return failed(
        f"{name} does not exist, and nothing here may create it (auto_create_containers)",
        hint=f"Check its name; create it with `{create}`, or run the infrastructure program: "
        "`ingenious-storage infra up`.",
        code="container_not_found",
    )


def _list(role: Role, context: Context) -> Result:
    context.backend(role).list(limit=1)
    return passed("allowed")


def _create(role: Role, context: Context) -> Result:
    """Write a new blob; nothing lands where it could not be deleted again."""
    backend, probes, key = context.backend(role), context.probes, new_key()
    refusal = _refusal_to_delete(backend, key)
    if refusal is not None:
        context.undeletable[role] = refusal
        if backend.folder is not None:  # who may not delete a file may not make one
            raise refusal
        try:
            probes.put(backend, key, b"", IfMatch(guide_of(context).no_etag))
        except ConflictError:
            return passed(
                "allowed, as a write that cannot land says: a probe could not be deleted again",
                stops=True,
            )
        return ignored("If-Match on a blob that is not there")
    data = os.urandom(1024)
    began = time.perf_counter()
    info = probes.put(backend, key, data, IfAbsent())
    seconds = time.perf_counter() - began
    context.written[role] = Probe(key, data, info)
    if context.store.open_account is not None and role == "data":
        with suppress(StorageError):  # who may write need not be allowed to read
            context.is_versioned = context.handle.is_versioned(context.container(role), key)
    return passed(f"1 KiB in {seconds * 1000:.0f} ms")


def _refusal_to_delete(backend: Backend, key: str) -> StorageError | None:
    try:
        backend.delete(key)
    except NotFoundError:
        return None
    except (PermissionDeniedError, AuthenticationError) as error:
        return error
    return None


def _read(role: Role, context: Context) -> Result:
    backend, probe = context.backend(role), context.written.get(role)
    if probe is None:
        refused(partial(backend.get, new_key()), NotFoundError)
        return passed("allowed")
    blob = backend.get(probe.key)
    if blob.data != probe.data or blob.info.etag != probe.info.etag:
        problem = "what was read is not what was written"
    elif not _is_listed(backend, probe):
        problem = "the listing does not show what was written"
    else:
        return passed("what was written is read and listed")
    return failed(
        problem,
        hint="A cache or gateway between here and the store answers for it: go around it.",
        code="corrupt_object",
    )


def _is_listed(backend: Backend, probe: Probe) -> bool:
    try:
        found = {info.key: info.etag for info in backend.list(probe.key).blobs}
    except PermissionDeniedError:
        return True  # that it may not list is another finding
    return found.get(probe.key) == probe.info.etag


def _overwrite(role: Role, context: Context) -> Result:
    probe = context.written[role]
    old, data = probe.info.etag, os.urandom(1024)
    probe.info = context.probes.put(context.backend(role), probe.key, data, IfMatch(old))
    probe.data = data
    if probe.info.etag == old:
        return failed(
            "another content got the same ETag",
            hint="Do not use this store: writers could not see each other.",
            code="preconditions_ignored",
        )
    return passed("allowed, by If-Match")


def _delete(role: Role, context: Context) -> Result:
    backend, probe = context.backend(role), context.written.get(role)
    if role in context.undeletable:
        raise context.undeletable[role]
    if probe is None:
        refusal = _refusal_to_delete(backend, new_key())
        if refusal is not None:
            raise refusal
        return passed("allowed")
    with suppress(NotFoundError):  # a store that ignores preconditions has lost it already
        backend.delete(probe.key)
    try:
        is_gone = refused(partial(backend.get, probe.key), NotFoundError)
    except PermissionDeniedError:  # that it may not read is another finding
        is_gone = True
    if not is_gone:
        return failed(
            "a deleted blob is still read",
            hint="A cache between here and the store answers for it: go around it.",
            code="corrupt_object",
        )
    context.probes.gone(probe.key)
    swept = 0
    with suppress(StorageError):
        swept = sweep(backend, probe)
    removed = [f"{swept} left by runs that were killed are gone too"] if swept else []
    return passed("the probe is gone", *removed)


def checks(role: Role, title: str, needs: str, *, writes: bool) -> list[Check]:
    """Of one container; `writes` asks for what an application does in `data` only."""

    def check(name: str, text: str, run: Callable[[Role, Context], Result], *after: str) -> Check:
        wanted = tuple(f"{role}.{each}" for each in after) or (needs,)
        return Check(f"{role}.{name}", title, text, partial(run, role), wanted)

    found = [
        check("container", "container", _there),
        check("list", "list", _list, "container"),
    ]
    if not writes:
        return [*found, check("read", "read", _read, "container")]
    return [
        *found,
        check("create", "create", _create, "container"),
        check("read", "read", _read, "container"),
        check("overwrite", "overwrite", _overwrite, "create"),
        check("preconditions", "preconditions", preconditions, "overwrite", "read"),
        check("latency", "latency", latency, "container", "read"),
        check("delete", "delete", _delete, "container"),
    ]
