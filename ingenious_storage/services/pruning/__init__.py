"""Pruning of a whole storage: old ends of histories by a policy, whole documents by their TTL.

docs/pruning.md has the rules.
"""

from ingenious_storage.services.pruning.everything import Everything
from ingenious_storage.services.pruning.policy import KINDS, PruneKind, PrunePolicy, Selection
from ingenious_storage.services.pruning.summary import PruneEntry, PruneSummary

__all__ = [
    "KINDS",
    "Everything",
    "PruneEntry",
    "PruneKind",
    "PrunePolicy",
    "PruneSummary",
    "Selection",
]
