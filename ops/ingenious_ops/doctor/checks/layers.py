"""Checks of the layers that change or remember data, of those that are on."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.checks import configuration
from ingenious_ops.doctor.model import Check, Result, failed, passed, skipped, warned
from ingenious_ops.doctor.probes import new_key
from ingenious_storage.backends.base import IfAbsent
from ingenious_storage.errors import KeyRefusedError, NotFoundError, PermissionDeniedError
from ingenious_storage.wiring import Keys, build_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingenious_ops.doctor.context import Context
    from ingenious_storage.backends.base import Backend
    from ingenious_storage.config import Role, StorageSettings

SECTION: Final = "Layers"
_KEY_BYTES: Final = 32
_SOON: Final = timedelta(days=30)
_SIZE: Final = 4096
_LITTLE: Final = 512 * 1024
_CONTAINER_KEYS: Final = "keys/container.json"


def first(context: Context) -> Iterator[Check]:
    """What needs no store."""
    needs = (configuration.CONFIGURATION,)
    if context.storage.encryption.is_on:
        yield Check("keys.provider", SECTION, "vault key", _provider, needs)
        yield Check("keys.wrap", SECTION, "wrap and unwrap", _wrap, ("keys.provider",))
        yield Check("encryption.plain", SECTION, "plain blobs", _plain, needs)
        if context.storage.catalogue.plain_index:
            yield Check("encryption.index", SECTION, "plain index", _index, needs)
    if context.storage.cache.max_bytes or context.storage.cache.stale_if_error is not None:
        yield Check("cache.bound", SECTION, "cache", _cache, needs)


def then(context: Context, role: Role, *, writes: bool) -> Iterator[Check]:
    """What is tried in a container; where keys are missing, nothing is made."""
    storage, name = context.storage, context.container(role)
    data = role == "data"
    needs = [f"{role}.create"]
    if storage.encryption.is_on:
        keys = "keys.container" if data else "keys.revisions"
        run = partial(_keys, role, makes=writes)
        yield Check(keys, SECTION, f"keys of {name}", run, (f"{role}.container", "keys.wrap"))
        needs.append(keys)
    else:
        off = "encryption.off" if data else "encryption.revisions"
        run = partial(_off, role)
        yield Check(off, SECTION, f"encryption of {name}", run, (f"{role}.list",))
    if writes and any(_forms(storage).values()):
        run = partial(_round, role)
        yield Check(f"{role}.layers", SECTION, f"envelope in {name}", run, tuple(needs))


def _provider(context: Context) -> Result:
    provider = Keys(context.storage).provider()
    try:
        found = provider.describe()
    finally:
        provider.close()
    said = f"{provider.name}: {found.key_id}"
    if not found.enabled:
        return failed(
            f"{said} is disabled",
            hint="Enable it again, or make a new version: `az keyvault key set-attributes "
            f"--id {found.key_id} --enabled true`.",
            code="key_refused",
        )
    left = None if found.expires_at is None else found.expires_at - datetime.now(UTC)
    if left is not None and left <= timedelta(0):
        return failed(
            f"{said} expired on {found.expires_at:%Y-%m-%d}",
            hint=f"Rotate it in the vault, then `{context.command('keys rewrap')}`.",
            code="key_refused",
        )
    if left is not None and left < _SOON:
        return warned(
            f"{said} expires on {found.expires_at:%Y-%m-%d}",
            hint=f"Rotate it in the vault, then `{context.command('keys rewrap')}`.",
        )
    made = [] if found.created_at is None else [f"made on {found.created_at:%Y-%m-%d}"]
    return passed(said, *made)


def _wrap(context: Context) -> Result:
    provider, key = Keys(context.storage).provider(), os.urandom(_KEY_BYTES)
    try:
        wrapped = provider.wrap(key)
        if provider.unwrap(wrapped) != key:
            raise KeyRefusedError(
                f"{wrapped.key_id} does not give back what it wrapped",
                hint="Do not use this key: what is sealed with it could not be read.",
            )
    finally:
        provider.close()
    return passed(f"allowed, by {wrapped.algorithm}")


def _plain(context: Context) -> Result:
    if not context.storage.encryption.accept_plain:
        return passed("refused")
    return warned(
        "blobs that were written without encryption are read: whoever can write to the container "
        "can replace any",
        hint=f"Encrypt them with `{context.command('keys encrypt')}`, then take "
        "storage.encryption.accept_plain out.",
    )


def _index(_context: Context) -> Result:
    return warned(
        "storage.catalogue.plain_index is on: once it is synced, the catalogue has the text of all "
        "documents as it is, on the disk of this machine",
        hint="Let that be an encrypted disk, or take storage.catalogue.plain_index out and delete "
        "the file.",
    )


def _cache(context: Context) -> Result:
    cache = context.storage.cache
    if not cache.max_bytes:
        return warned(
            "storage.cache.stale_if_error is set, and nothing is remembered",
            hint="Set storage.cache.max_bytes, such as 67108864 (64 MiB).",
        )
    said = f"{cache.max_bytes / 2**20:.0f} MiB for each process and container"
    if cache.max_bytes < _LITTLE:
        return warned(
            f"{said}: what is larger than an eighth of that is not remembered",
            hint="Set storage.cache.max_bytes to some MiB, or to 0.",
        )
    memory = _memory()
    if memory is not None and 2 * cache.max_bytes > memory / 2:
        return warned(
            f"{said}: both take more than half of the {memory / 2**20:.0f} MiB of this machine",
            hint="Lower storage.cache.max_bytes.",
        )
    return passed(said)


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has none of it
        return None


def _keys(role: Role, context: Context, *, makes: bool) -> Result:
    """By a look at the store itself: through encryption the first write would make them."""
    try:
        context.backend(role).get(_CONTAINER_KEYS)
    except PermissionDeniedError:
        return _unread()
    except NotFoundError:
        if not makes:
            return passed("there are none yet; who writes there makes them")
        init = context.command("keys init" if role == "data" else f"keys init --container {role}")
        return warned(
            "there are none yet; the first save makes them",
            hint=f"Make them now, and a backup of the key: `{init}`.",
            stops=True,
        )
    return passed("they are there")


def _unread() -> Result:
    return skipped("unknown: this credential may not read there")


def _off(role: Role, context: Context) -> Result:
    try:
        context.backend(role).head(_CONTAINER_KEYS)
    except PermissionDeniedError:
        return _unread()
    except NotFoundError:
        return passed("off, and no keys are there")
    return failed(
        "it is off, and the container has keys: what is in it is encrypted",
        hint="Set storage.encryption as where it was written; what is saved without it cannot be "
        "read with it.",
        code="invalid_configuration",
    )


def _round(role: Role, context: Context) -> Result:
    """Written through one stack and read through another, as by two processes."""
    key, data = new_key(), bytes(_SIZE // 2) + os.urandom(_SIZE // 2)
    context.probes.put(_stack(role, context), key, data, IfAbsent())
    stored = context.backend(role).get(key).data
    if _stack(role, context).get(key).data != data:
        return failed(
            "what is read back is not what was written",
            hint="This is a bug, or a gateway changes bodies: report it with --ticket.",
            code="corrupt_object",
        )
    context.backend(role).delete(key)
    context.probes.gone(key)
    storage = context.storage
    how = [name for name, on in _forms(storage).items() if on]
    if data[-64:] in stored and storage.encryption.is_on:
        return failed(
            "what is stored can be read without a key",
            hint="This is a bug: please report it with what --ticket shows.",
            code="not_encrypted",
        )
    return passed(f"{_SIZE} bytes, {' and '.join(how)} in {len(stored)}, and read back")


def _forms(storage: StorageSettings) -> dict[str, bool]:
    return {"compressed": storage.compression.enabled, "sealed": storage.encryption.is_on}


def _stack(role: Role, context: Context) -> Backend:
    """All layers but the cache, without retries."""
    storage = context.storage
    once = storage.retry.model_copy(update={"attempts": 1})
    cache = storage.cache.model_copy(update={"max_bytes": 0})
    settings = storage.model_copy(update={"retry": once, "cache": cache})
    return build_stack(settings, context.backend(role), role=role)
