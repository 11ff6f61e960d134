"""The verdict of porcupine on recorded histories."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.proof.recording.journal import Call


@dataclass(frozen=True, slots=True)
class Verdict:
    result: str
    """accepted, refused, or undecided"""
    seconds: float
    refused: Sequence[Call] = ()
    """A small part that is refused as well."""

    def __str__(self) -> str:
        return "\n".join(
            [f"{self.result} after {self.seconds:.2f} s:", *map(line_of, self.refused)]
        )


def judge(
    checker: Path, histories: Mapping[str, Sequence[Call]], folder: Path, *, shrink: bool = True
) -> dict[str, Verdict]:
    """Judge each history, by its name, which becomes a file in `folder`."""
    files = {name: folder / f"{name}.jsonl" for name in histories}
    for name, history in histories.items():
        files[name].write_text("".join(f"{json.dumps(call)}\n" for call in history))
    options = ["-shrink"] if shrink else []
    done = subprocess.run(
        [checker, *options, *files.values()], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {
        name: Verdict(line["result"], line["seconds"], line.get("refused", ()))
        for name, line in zip(files, lines, strict=True)
    }


def line_of(call: Mapping[str, Any]) -> str:
    """A call as people read it."""
    end = call["return"] or "?"
    known = ("client", "call", "return", "kind", "answer", "key", "begins", "labels")
    asked = {name: value for name, value in call.items() if name not in known and value}
    told = call["answer"] if call["return"] else {"unknown": True, **call["answer"]}
    return f"{call['call']:>12}-{end:<12} client {call['client']} {call['kind']} {asked} -> {told}"


def results(checker: Path, histories: Mapping[str, Sequence[Call]], folder: Path) -> dict[str, str]:
    """What is said of each, by its name."""
    verdicts = judge(checker, histories, folder)
    return {name: verdict.result for name, verdict in verdicts.items()}
