"""Check of the drivers of a store: the same calls through each, of which both must say the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, fields
from functools import partial
from itertools import permutations
from typing import TYPE_CHECKING, Any, Final

from ingenious_ops.doctor.model import Check, Result, failed, passed
from ingenious_ops.doctor.probes import new_key
from ingenious_storage.backends.base import (
    Blob,
    BlobInfo,
    GetOptions,
    IfAbsent,
    IfMatch,
    Page,
    Properties,
    PutOptions,
)
from ingenious_storage.errors import StorageError
from ingenious_storage.wiring import build_backend

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context
    from ingenious_storage.backends.base import Backend

Ask = Callable[["Backend"], object]
_DATA: Final = bytes(range(256)) * 8
_PROPERTIES: Final = Properties("gzip", "de", 'attachment; filename="a"', "max-age=60", {"Ab": "1"})
_TOLD: Final = ("code", "operation", "retryable", "outcome_unknown", "service_code", "hint")
"""Of an error. What happened is told in each driver's own words."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What two drivers say of one call. No secret is in it."""

    what: str
    said: dict[str, str]

    def __str__(self) -> str:
        return (
            f"{self.what}: {'; '.join(f'{name} says {said}' for name, said in self.said.items())}"
        )


def checks(context: Context) -> tuple[Check, ...]:
    """One; of a store that has one driver it says so."""
    section = f"Container {context.container('data')} (data)"
    return (Check("data.drivers", section, "drivers", _compare, ("data.create",)),)


def _compare(context: Context) -> Result:
    names = context.store.drivers
    if len(names) < 2:
        return passed("nothing to compare: this store has one driver")
    with ExitStack() as stack:
        stores = {name: _open(context, name) for name in names}
        for store in stores.values():
            stack.enter_context(closing(store))
        calls, found = 0, list[Difference]()
        for writer, other in permutations(stores.values(), 2):
            for what, asked in _asked(context, writer, other):
                calls += 1
                said = {name: _said(asked, store) for name, store in stores.items()}
                if len(set(said.values())) > 1:
                    found.append(Difference(what, said))
    if found:
        return failed(
            f"{len(found)} of {calls} calls end differently by {' and '.join(names)}",
            *map(str, found),
            hint="Please report it with this output. Until then choose the driver that is right, "
            f"storage.{context.storage.store_section}.driver.",
        )
    return passed(f"{' and '.join(names)} say the same of {calls} calls")


def _open(context: Context, driver: str) -> Backend:
    storage = context.storage
    section = storage.store.model_copy(update={"driver": driver})
    chosen = storage.model_copy(update={storage.store_section: section})
    return build_backend(chosen, context.container("data"))


def _asked(context: Context, writer: Backend, other: Backend) -> list[tuple[str, Ask]]:
    """What is asked of both, of blobs that one of them has written and the other found."""
    folder = f"{new_key()}/"
    key, empty, missing = f"{folder}a b%20+\u00fc", f"{folder}deeper/empty", f"{folder}missing"
    for each in (key, empty):  # by a store that is open when they are deleted
        context.probes.put(context.backend("data"), each, b"")
    other.put(empty, b"")
    etag = writer.put(key, _DATA, PutOptions("text/x-mine", _PROPERTIES)).etag
    current, stale = IfMatch(etag), IfMatch('"0x8DC0000000000AA"')
    size = len(_DATA)
    ranges: tuple[tuple[int, int | None], ...] = (
        (0, 3), (7, None), (5, 0), (size - 1, 9), (size, 1), (size + 9, None),
    )  # fmt: skip
    return [
        ("head", lambda store: store.head(key)),
        ("get", lambda store: store.get(key)),
        ("get of nothing", lambda store: store.get(empty)),
        *((f"get of {part}", partial(_get, key, part)) for part in ranges),
        *((f"get of {part} of nothing", partial(_get, empty, part)) for part in ranges[:4]),
        ("get if changed", lambda store: store.get(key, GetOptions(None, etag))),
        ("get if changed since", lambda store: store.get(key, GetOptions(None, stale.etag))),
        ("head of what is missing", lambda store: store.head(missing)),
        ("get of what is missing", lambda store: store.get(missing)),
        ("delete of what is missing", lambda store: store.delete(missing)),
        ("delete of several", lambda store: store.delete_many([missing])),
        ("stale delete", lambda store: store.delete(key, condition=stale)),
        ("stale delete of nothing", lambda store: store.delete(missing, condition=current)),
        ("stale write", lambda store: store.put(key, b"", PutOptions(condition=stale))),
        ("write of nothing", lambda store: store.put(missing, b"", PutOptions(condition=current))),
        ("create", lambda store: store.put(key, b"", PutOptions(condition=IfAbsent()))),
        ("list", lambda store: store.list(folder)),
        ("list with metadata", lambda store: store.list(folder, metadata=True)),
        ("list of a folder", lambda store: store.list(folder, delimiter="/")),
        ("list of names", lambda store: store.list(key[:-3], delimiter="/")),
        ("list of one", lambda store: store.list(folder, limit=1)),
        ("list of none", lambda store: store.list(missing)),
        ("container", lambda store: store.container_exists()),
        ("write", lambda store: _size_and_type(store.put(empty, b"abc", PutOptions("text/plain")))),
    ]


def _get(key: str, part: tuple[int, int | None], store: Backend) -> Blob:
    return store.get(key, GetOptions(part))


def _size_and_type(info: BlobInfo) -> tuple[int, str | None]:
    return info.size, info.content_type


def _said(asked: Ask, store: Backend) -> str:
    """What came of a call, as text: its value, or its error."""
    try:
        return _text(asked(store))
    except StorageError as error:
        told = (f"{name}={getattr(error, name)!r}" for name in _TOLD)
        return f"{type(error).__name__}({', '.join(told)})"


def _text(value: Any) -> str:
    if isinstance(value, Page):
        # The token is the service's own, and may hold a time.
        return f"blobs {value.blobs}, prefixes {value.prefixes}, more {value.token is not None}"
    if isinstance(value, Blob):
        return f"{value.data!r} of {value.info}"
    if isinstance(value, BlobInfo):
        return str({each.name: getattr(value, each.name) for each in fields(value)})
    return repr(value)
