"""Forgetting: what was erased goes from the catalogue too, and a receipt says what was done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ingenious_storage import Storage
from ingenious_storage.catalogue import DocumentKind
from ingenious_storage.errors import StorageError

OTHERS: Final = "The indexes of other machines lose it at their next `index sync`."


def forget(
    storage: Storage,
    kind: DocumentKind,
    names: Iterable[str] = (),
    *,
    keys: Iterable[str] = (),
) -> dict[str, Any]:
    """Take what was erased out of the index of this machine, and delete published snapshots.

    A failure is told, not raised: the documents are gone by now, and that has to be told too.

    Args:
        names: as `Catalogue.forget` takes them.
        keys: of the documents' blobs.

    Returns: as it stands in a receipt: `documents` of the index, None without one; `snapshots`,
    the keys of those deleted; `error`, None when all went well.
    """
    try:
        forgotten = storage.catalogue.forget(kind, names, keys=keys)
    except StorageError as error:
        detail = f"{error.message} [{error.code}]"
        return {"documents": None, "snapshots": [], "error": detail}
    return {
        "documents": forgotten.documents,
        "snapshots": list(forgotten.snapshots),
        "error": None,
    }


def in_words(done: dict[str, Any]) -> str:
    """What `forget` has done, as a sentence."""
    if done["error"] is not None:
        return f"failed, so the text may still be there: {done['error']}"
    number = done["documents"]
    here = (
        "this machine has no index"
        if number is None
        else f"taken out of the index of this machine: {number}"
    )
    return f"{here}; published snapshots deleted: {len(done['snapshots'])}"
