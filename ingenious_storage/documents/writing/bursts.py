"""Bursts: a process that writes one document without a break gives way from time to time.

It needs one request a revision, since it remembers the head, and every other process needs two:
so it wins each race and never learns that others wait. The figures come from a simulation of six
such processes on a store that serves one request after the other, the worst case, and from
measurements on disk and on Azurite (docs/benchmarks.md).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from ingenious_storage.runtime import forks

_LONGEST: Final = 0.5
"""Seconds of a burst when nobody else seems to write."""
_LONGEST_BESIDE_OTHERS: Final = 0.1
_REMEMBERED: Final = 5.0
"""Seconds that a conflict is taken as a sign of others."""
_WAY: Final = 0.02
"""Seconds to give way for, or so many times what a commit takes: others read and swap in it."""
_TIMES_A_COMMIT: Final = 8.0
_SLOWEST: Final = 0.25
"""Seconds. A commit that took longer waited for a store that was away, and says nothing of how long
others take: after an outage of half a minute each writer would give way for four."""
_KEYS: Final = 1024


@dataclass(slots=True)
class _Burst:
    began: float
    ended: float
    took: float = 0.0
    conflict: float | None = None


class Bursts:
    """The bursts of one process, by key, the newest only. Thread-safe."""

    def __init__(self) -> None:
        self._bursts: OrderedDict[str, _Burst] = OrderedDict()
        self._lock = forks.new_lock()

    def pause(self, key: str, now: float) -> float:
        """Seconds to give way for before the next commit, mostly none."""
        with self._lock:
            burst = self._bursts.get(key)
            if burst is None:
                self._bursts[key] = _Burst(now, now)
                if len(self._bursts) > _KEYS:
                    self._bursts.popitem(last=False)
                return 0.0
            self._bursts.move_to_end(key)
            if now - burst.ended > burst.took:  # others had their chance
                burst.began = now
                return 0.0
            beside_others = burst.conflict is not None and now - burst.conflict < _REMEMBERED
            if now - burst.began <= (_LONGEST_BESIDE_OTHERS if beside_others else _LONGEST):
                return 0.0
            burst.began = now
            return max(_WAY, _TIMES_A_COMMIT * burst.took)

    def note(self, key: str, began: float, now: float, *, conflict: bool) -> None:
        """A commit is done; `conflict`: another writer was faster at one of its tries."""
        with self._lock:
            burst = self._bursts.get(key)
            if burst is None:
                return
            burst.ended = now
            if conflict:
                burst.began, burst.conflict = now, now
            else:
                burst.took = min(now - began, _SLOWEST)
