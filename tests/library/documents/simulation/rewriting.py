"""Rewriting: scenarios of revisions that are erased, gone back to, pinned, or read from a cache."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, Final

from ingenious_storage.documents import Document, DocumentStore, gc, prune, rewrite
from ingenious_storage.services.labels import Labels
from ingenious_storage.services.prompts import PromptLibrary
from tests.library.documents.simulation import makers, promises
from tests.library.documents.simulation.actors import Act
from tests.library.documents.simulation.promises import LONG, REDACTED
from tests.library.documents.simulation.rewriting_promises import (
    GONE,
    NEW_SET,
    can_be_restored,
    erasers_had_a_reason,
    labels_hold,
    new_labels_hold,
    new_sets_are_kept,
    nothing_stays_withdrawn,
    purges_had_a_reason,
    reads_are_current,
    rewritten_as_told,
    rewritten_is_gone,
    rolled_back_as_told,
)
from tests.library.documents.simulation.scenario import KEY, SET, Scenario, append

HELD: Final = 4


def without(number: int) -> Mapping[str, Act]:
    """Erases one revision."""
    return {"rewrite": lambda store: rewrite(store, KEY, without=[number])}


def _redacted(document: Document) -> Any:
    return REDACTED if document.revision.number == GONE else document.data


REWRITE: Final = without(GONE)
OTHER_REWRITE: Final = without(GONE + 1)
REDACT: Final[Mapping[str, Act]] = {"rewrite": lambda store: rewrite(store, KEY, redact=_redacted)}
BACK: Final[Mapping[str, Act]] = {"rollback": lambda store: store.rollback(KEY, GONE)}
PRUNE: Final[Mapping[str, Act]] = {"prune": lambda store: prune(store, KEY, keep=1)}


def beside(first: Mapping[str, Act], *others: Mapping[str, Act] | str, **more: Any) -> Scenario:
    """What `first` does, and at the same time others; a letter is a writer."""
    actors: dict[str, Mapping[str, Act]] = {"R": first}
    for number, other in enumerate(others):
        if isinstance(other, str):
            actors[other] = {"append": partial(_append, f"{other}.append")}
        else:
            actors[f"Q{number}"] = other
    checks = (
        promises.appends_are_kept,
        rewritten_as_told,
        rewritten_is_gone,
        rolled_back_as_told,
    )
    return Scenario(HELD, actors, checks, promises.all_is_well, **more)


def _append(message: str, store: DocumentStore) -> Any:
    return append(store, message)


def purging_beside(first: Mapping[str, Act], **more: Any) -> Scenario:
    """What it does, while somebody purges the document."""
    actors = {"R": first, "P": makers.PURGE}
    checks = (promises.purged_is_gone,)
    return Scenario(HELD, actors, checks, promises.all_is_well, **more)


def restoring(other: Mapping[str, Act], **more: Any) -> Scenario:
    """A document that was deleted is restored, while it is pruned or rewritten."""
    actors: Mapping[str, Mapping[str, Act]] = {
        "D": {"restore": lambda store: store.restore(KEY)},
        "R": other,
    }
    checks = (promises.deleted_as_told, rewritten_as_told, can_be_restored)
    return Scenario(
        HELD, actors, checks, promises.all_is_well, broken=lambda store: store.delete(KEY), **more
    )


def sweeping(**more: Any) -> Scenario:
    """`gc` comes to what a rewrite has left that died, and another one begins."""
    actors: Mapping[str, Mapping[str, Act]] = {"G": {"gc": gc}, "R": REWRITE}
    checks = (rewritten_as_told, rewritten_is_gone)
    return Scenario(
        HELD,
        actors,
        checks,
        promises.all_is_well,
        broken=REWRITE["rewrite"],
        prepare=lambda world: world.pass_by(LONG),
        **more,
    )


def reading(**more: Any) -> Scenario:
    """Writers who read what they wrote, and a reader who looks twice."""
    actors: Mapping[str, Mapping[str, Act]] = {
        "A": {"append": partial(_append, "A.append"), "load": _look},
        "B": {"append": partial(_append, "B.append"), "load": _look},
        "R": {"load": _look},
    }
    checks = (promises.appends_are_kept, promises.old_ones_are_kept, reads_are_current)
    return Scenario(2, actors, checks, promises.all_is_well, **more)


def _library(store: DocumentStore) -> PromptLibrary:
    return PromptLibrary(documents=store)


def _pinned(store: DocumentStore) -> Collection[int]:
    return Labels(store).pinned("s")


def _look(store: DocumentStore) -> Any:
    return store.load(KEY)


ERASERS: Final[Mapping[str, Mapping[str, Act]]] = {
    "prune": {"prune": lambda store: _library(store).prune_set("s", keep=1)},
    "rewrite": {
        "rewrite": lambda store: rewrite(store, SET, without=[GONE], spare=partial(_pinned, store))
    },
    "redact": {
        "rewrite": lambda store: rewrite(
            store, SET, redact=_redacted, spare=partial(_pinned, store)
        )
    },
    "purge": {"purge": lambda store: _library(store).purge_set("s")},
}


def labelling(eraser: str, *writers: str, pinned: int | None = None, **more: Any) -> Scenario:
    """A label is set to what somebody erases. `pinned`: where it is before."""
    actors: dict[str, Mapping[str, Act]] = {
        "L": {"label": lambda store: _library(store).set_label("production", "s", revision=GONE)},
        "E": ERASERS[eraser],
    }
    for name in writers:
        actors[name] = {"append": partial(_append_to_set, f"{name}.append")}

    def before(store: DocumentStore) -> None:
        if pinned is not None:
            _library(store).set_label("production", "s", revision=pinned)

    checks = (labels_hold, rewritten_as_told, erasers_had_a_reason, nothing_stays_withdrawn)
    return Scenario(
        HELD, actors, checks, promises.all_is_well, broken=before if pinned else None, key=SET,
        **more,
    )  # fmt: skip


_NEW: Final[Mapping[str, Act]] = {
    "create": lambda store: _library(store).create_set("s", NEW_SET),
    "label": lambda store: _library(store).set_label("production", "s"),
}
BEFORE: Final[Mapping[str, Act]] = {
    "deleted": lambda store: _library(store).delete_set("s"),
    "purged": lambda store: _library(store).purge_set("s"),
}


def labelling_what_begins(*purges: str, before: str | None = None, **more: Any) -> Scenario:
    """A set begins and is labelled, while others purge it. `before`: what has become of another."""
    actors = {"A": _NEW, **dict.fromkeys(purges, ERASERS["purge"])}
    checks = (new_labels_hold, new_sets_are_kept, purges_had_a_reason, nothing_stays_withdrawn)
    return Scenario(
        1 if before else 0,
        actors,
        checks,
        promises.all_is_well,
        broken=BEFORE[before] if before else None,
        key=SET,
        **more,
    )


def _append_to_set(message: str, store: DocumentStore) -> Any:
    return append(store, message, SET)
