"""Cases of rewrites, rollbacks, labels and caches."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from tests.library.documents.simulation import rewriting
from tests.library.documents.simulation.case import ALL, BOTH, CRASH, LOST, Case
from tests.library.documents.simulation.explore import Bounds
from tests.library.documents.simulation.rewriting import BACK, OTHER_REWRITE, PRUNE, REDACT, REWRITE

_REQUESTS: Final = range(1, 8)
"""After so many a rewrite dies."""
_beside, _label = rewriting.beside, rewriting.labelling
_begins = rewriting.labelling_what_begins

REWRITING: Final[Mapping[str, Case]] = {
    "rewrite, one writer": Case(partial(_beside, REWRITE, "A"), ALL),
    "rewrite, one writer, encrypted": Case(partial(_beside, REWRITE, "A"), LOST, encrypted=True),
    "rewrite, two writers": Case(partial(_beside, REWRITE, "A", "B")),
    "redact, one writer": Case(partial(_beside, REDACT, "A"), BOTH),
    "two rewrites": Case(partial(_beside, REWRITE, OTHER_REWRITE), CRASH),
    "rewrite, prune": Case(partial(_beside, REWRITE, PRUNE)),
    "rewrite, purge": Case(partial(rewriting.purging_beside, REWRITE)),
    "rewrite, rollback": Case(partial(_beside, REWRITE, BACK), ALL),
    "rollback, one writer": Case(partial(_beside, BACK, "A"), ALL),
    "rollback, prune": Case(partial(_beside, BACK, PRUNE), ALL),
    "rollback, purge": Case(partial(rewriting.purging_beside, BACK), ALL),
    "restore, prune": Case(partial(rewriting.restoring, PRUNE), ALL),
    "restore, rewrite": Case(partial(rewriting.restoring, REWRITE), ALL),
    "a label, a prune": Case(partial(_label, "prune"), BOTH),
    "a label, a prune, cached": Case(partial(_label, "prune", max_age=60.0)),
    "a label, a rewrite": Case(partial(_label, "rewrite"), BOTH),
    "a label, a rewrite, cached": Case(partial(_label, "rewrite", max_age=60.0), CRASH),
    "a label, a redaction": Case(partial(_label, "redact"), CRASH),
    "a label, a purge": Case(partial(_label, "purge")),
    "a label, a purge, faults": Case(partial(_label, "purge"), ALL),
    "a label of a set that begins, a purge": Case(partial(_begins, "E"), BOTH),
    "the same, over a deleted set": Case(partial(_begins, "E", before="deleted")),
    "the same, over a purged set": Case(partial(_begins, "E", before="purged")),
    # Two that take turns put each other off for ever; their pauses are drawn at random.
    "the same, two purges": Case(partial(_begins, "E", "F"), Bounds(switches=3)),
    "writers and a reader": Case(rewriting.reading, LOST),
    "the same, cached and compressed": Case(
        partial(rewriting.reading, max_age=0.0, compressed=True), LOST
    ),
    "the same, cached for a minute": Case(
        partial(rewriting.reading, max_age=60.0, compressed=True), BOTH
    ),
    **{
        f"rewrite dead after {lives}, gc, another": Case(
            partial(rewriting.sweeping, lives=lives), CRASH
        )
        for lives in _REQUESTS
    },
}
