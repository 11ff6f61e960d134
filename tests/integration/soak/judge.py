"""Judge of a soak: what of it cannot be explained."""

from __future__ import annotations

import json
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.integration.soak.faults import Window
from tests.integration.soak.ledger import Turn, turns
from tests.integration.soak.run import Soak, environment
from tests.integration.soak.talkers import KINDS, talker
from tests.integration.soak.watch import grown
from tests.ops.cli.harness import SCRIPT

MEMORY: Final = 12 * 1024 * 1024
"""Bytes that a process may hold more at the end: what the allocator does moves it by some."""
DESCRIPTORS: Final = 12
"""More at the end: connections, of which a pool keeps some more after a storm."""
OUTAGES: Final = frozenset({"unavailable", "throttled", "timeout", "commit_unknown"})
"""Codes of errors that such faults may cause."""


def unexplained(ledger: Iterable[Turn], windows: Sequence[Window]) -> list[str]:
    """Errors that no fault explains: outside of all windows, or of another kind."""
    return [
        f"{turn.conversation} {turn.token}: {turn.error}: {turn.detail}"
        for turn in ledger
        if turn.error is not None
        and not (turn.error in OUTAGES and any(w.explains(turn.began, turn.ended) for w in windows))
    ]


def misheard(said: Sequence[Turn], heard: Sequence[str]) -> Iterator[str]:
    """What is wrong with a conversation, as it is stored: lost, there twice, or of nobody."""
    acknowledged = [turn.token for turn in said if turn.error is None]
    there = Counter(heard)
    yield from (f"lost: {token}" for token in acknowledged if not there[token])
    yield from (f"{count} times: {token}" for token, count in there.items() if count > 1)
    known = {turn.token for turn in said}
    yield from (f"said by nobody: {token}" for token in there if token not in known)
    kept = [token for token in heard if token in {*acknowledged}]
    if sorted(kept) == sorted(acknowledged) and kept != acknowledged:
        yield f"in another order: {kept}"


def lost(done: Soak, ledger: Iterable[Turn]) -> list[str]:
    """All conversations, read again by their own doors."""
    by_conversation: dict[tuple[str, str], list[Turn]] = defaultdict(list)
    for turn in ledger:
        if turn.token:
            by_conversation[turn.kind, turn.conversation].append(turn)
    settings = StorageSettings(type="azure_blob", connection_string=done.connection_string)
    found: list[str] = []
    with Storage(Settings(settings)) as storage:
        for (kind, conversation), said in by_conversation.items():
            with talker(kind, storage, done.url) as one:
                heard = one.heard(conversation)
            found += (f"{conversation}: {each}" for each in misheard(said, heard))
    return found


def swollen(done: Soak) -> list[str]:
    """What a process holds more of at the end than at the beginning."""
    found = []
    for name, seen in done.held.items():
        more = grown(seen)
        if more.bytes > MEMORY or more.descriptors > DESCRIPTORS:
            found.append(f"{name}: {more.bytes / 1e6:.1f} MB and {more.descriptors} descriptors")
    return found


def verified(done: Soak) -> dict[str, int]:
    """What `verify` says of the store: problems, and strays, which harm none."""
    env = environment(done.folder, done.connection_string)
    # As long as it takes: 1 is its answer too.
    command: list[str | Path] = [SCRIPT, "verify", "--json"]
    answer = subprocess.run(command, cwd=done.folder, env=env, capture_output=True, check=False)
    data = json.loads(answer.stdout)["data"]
    return {"problems": data["problems"], "strays": data["strays"]}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found."""

    faults: Sequence[str]
    """What should not be."""
    facts: Mapping[str, object]

    def lines(self) -> Iterator[str]:
        """For people."""
        yield from (f"{name}: {value}" for name, value in self.facts.items())
        yield from (f"FAULT: {each}" for each in self.faults)


def judged(done: Soak) -> Verdict:
    """All of it, while the store and the server are still there."""
    ledger = [*turns(done.ledger)]
    stored = verified(done)
    faults = [*unexplained(ledger, done.windows), *lost(done, ledger), *swollen(done)]
    faults += [f"verify: {stored['problems']} problems"] if stored["problems"] else []
    faults += [f"fired before the first fault: {each}" for each in sorted(done.fired_before)]
    faults += [f"met by nothing: {each}" for each in done.windows if not each.met]
    said = Counter(turn.kind for turn in ledger if turn.token and turn.error is None)
    faults += [f"said nothing: {kind}" for kind in KINDS if not said[kind]]
    return Verdict(
        faults,
        {
            "acknowledged": dict(said),
            "looks": sum(not turn.token for turn in ledger),
            "errors in windows": dict(Counter(t.error for t in ledger if t.error is not None)),
            "windows": dict(Counter(window.kind for window in done.windows)),
            "requests that met a fault": sum(window.met for window in done.windows),
            "verify": stored,
            **{f"more in the {name}": grown(seen) for name, seen in done.held.items()},
        },
    )
