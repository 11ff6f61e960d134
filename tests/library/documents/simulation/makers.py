"""Makers of scenarios: who does what at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ingenious_storage.documents import DocumentStore, copy, gc, prune, purge, repair
from tests.library.documents.simulation import promises
from tests.library.documents.simulation.actors import Act
from tests.library.documents.simulation.scenario import KEY, OTHER, Scenario, append
from tests.library.documents.simulation.world import World


def _writer(name: str) -> Mapping[str, Act]:
    return {"append": lambda store: append(store, f"{name}.append")}


def _creator(name: str) -> Mapping[str, Act]:
    return {"create": lambda store: store.create(KEY, [f"{name}.create"])}


def _purge(store: DocumentStore) -> Any:
    return purge(store, KEY)


A, B, C = (_writer(name) for name in "ABC")
PURGE: Final[Mapping[str, Act]] = {"purge": _purge}
_KEPT: Final = (promises.appends_are_kept, promises.old_ones_are_kept)
_ERASED: Final = (promises.purged_is_gone, promises.appends_are_kept)


def writers(held: int, **more: Any) -> Scenario:
    actors = {"A": A, "B": B, "C": C}
    return Scenario(held, actors, _KEPT, promises.all_is_well, alike=True, **more)


def purging(*writers: str, held: int = 4, **more: Any) -> Scenario:
    actors = {"P": PURGE, **{name: _writer(name) for name in writers}}
    return Scenario(held, actors, _ERASED, promises.all_is_well, **more)


def purging_beside_a_newcomer(**more: Any) -> Scenario:
    """Who knows nothing of the document that is purged, and may begin the next one."""
    return purging("A", held=2, strangers=frozenset("A"), **more)


def purging_and_new(**more: Any) -> Scenario:
    """Who has purged begins another document, while a writer remembers the old one."""
    actors = {"P": {**PURGE, **_writer("P")}, "A": A}
    return Scenario(2, actors, _ERASED, promises.all_is_well, **more)


def two_purges(**more: Any) -> Scenario:
    actors = {"P": PURGE, "Q": PURGE, "A": A}
    return Scenario(2, actors, _ERASED, promises.all_is_well, **more)


def pruning(*writers: str, **more: Any) -> Scenario:
    def act(store: DocumentStore) -> Any:
        return prune(store, KEY, keep=1)

    actors = {"P": {"prune": act}, **{name: _writer(name) for name in writers}}
    checks = (*_KEPT, promises.pruned_as_told)
    return Scenario(4, actors, checks, promises.all_is_well, **more)


def deleting(**more: Any) -> Scenario:
    calls: Mapping[str, Act] = {
        "delete": lambda store: store.delete(KEY),
        "restore": lambda store: store.restore(KEY),
    }
    checks = (*_KEPT, promises.deleted_as_told)
    return Scenario(2, {"D": calls, "A": A}, checks, promises.all_is_well, **more)


def sweeping(*, lives: int, old: bool = True, **more: Any) -> Scenario:
    """A purge has died behind so many requests; a sweep, and a writer who knows nothing."""

    def prepare(world: World) -> None:
        if old:
            world.pass_by(promises.LONG)

    return Scenario(
        4,
        {"G": {"gc": gc}, "A": A},
        (promises.appends_are_kept,),
        promises.all_is_well,
        broken=_purge,
        lives=lives,
        prepare=prepare,
        strangers=frozenset("AG"),
        **more,
    )


def sweeping_beside_a_purge(**more: Any) -> Scenario:
    """A first revision that is late, a purge, and a sweep in which the tombstone is young."""
    calls = {**PURGE, "gc": gc}
    actors = {"A": A, "P": calls}
    checks = (promises.appends_are_kept, promises.nothing_comes_back)
    return Scenario(0, actors, checks, promises.all_is_well, **more)


def repairing(**more: Any) -> Scenario:
    """The head is lost, and a writer who meets nothing begins anew."""

    def fix(store: DocumentStore) -> Any:
        return repair(store, dry_run=False)

    actors = {"R": {"repair": fix}, "A": A}
    checks = (promises.appends_are_kept, promises.repaired)
    later = promises.all_is_well_once_repaired
    return Scenario(4, actors, checks, later, prepare=_lose_head, **more)


def _lose_head(world: World) -> None:
    world.delete(KEY)


def copying(**more: Any) -> Scenario:
    """A writer goes on meanwhile, and somebody wants the same name."""
    actors: Mapping[str, Mapping[str, Act]] = {
        "C": {"copy": lambda store: copy(store, KEY, OTHER)},
        "A": A,
        "B": {"take": lambda store: store.create(OTHER, ["B.take"])},
    }
    checks = (*_KEPT, promises.copied)
    return Scenario(3, actors, checks, promises.all_is_well_but_half_a_copy, **more)


def beginning(**more: Any) -> Scenario:
    actors = {"A": _creator("A"), "B": _creator("B"), "C": C}
    checks = (promises.created_once, promises.appends_are_kept)
    return Scenario(0, actors, checks, promises.all_is_well, **more)


def copying_over_a_tombstone(**more: Any) -> Scenario:
    """The name was purged before; and `gc` sweeps."""

    def before(store: DocumentStore) -> None:
        store.create(OTHER, ["before"])
        purge(store, OTHER)

    actors: Mapping[str, Mapping[str, Act]] = {
        "C": {"copy": lambda store: copy(store, KEY, OTHER)},
        "G": {"gc": gc},
    }
    checks = (promises.copied,)
    return Scenario(3, actors, checks, promises.all_is_well_but_half_a_copy, broken=before, **more)


def reading(*names: str, twice: str) -> Scenario:
    """Requests that change nothing: every order of them ends alike."""
    once: Mapping[str, Act] = {"look": lambda store: store.files.exists(KEY)}
    again: Mapping[str, Act] = {**once, "again": lambda store: store.files.exists(KEY)}
    actors = {**dict.fromkeys(names, once), twice: again}
    return Scenario(1, actors, (), promises.all_is_well, strangers=frozenset((*names, twice)))
