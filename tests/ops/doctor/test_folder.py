"""The advice about a folder acts on nothing that is somebody else's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.ops.doctor.bench import Bench
from tests.ops.doctor.test_healthy import check


def advice(bench: Bench, monkeypatch: pytest.MonkeyPatch, base_path: Path | str) -> str:
    bench.storage |= {"type": "local", "base_path": str(base_path)}
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may do anything
    found = check(bench.report(1), "folder.base")
    assert found["code"] == "permission_denied"
    return str(found["hint"])


def test_a_folder_of_our_containers_may_change_hands(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = bench.folder
    assert advice(bench, monkeypatch, folder) == (
        f'Run: sudo chown "$USER" {folder} && chmod u+rwx {folder}'
    )


def test_a_folder_that_is_not_there_is_made_for_this_user(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    hint = advice(bench, monkeypatch, "/srv/agents' data")
    assert hint.startswith("Run: sudo install -d -o \"$USER\" '/srv/agents'\"'\"' data'; or ")
    assert "chown" not in hint


def test_another_folder_is_left_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    hint = advice(bench, monkeypatch, "/etc")
    assert hint.startswith("Correct storage.base_path (profiles.yml:")
    assert "sudo" not in hint


def test_only_files_that_decide_are_named(bench: Bench) -> None:
    bench.write_profiles()  # of which none is chosen
    bench.cli.write("config.yml", "storage: {base_path: data}")
    report = bench.cli.data("doctor")
    summary = check(report, "configuration")["summary"]
    assert summary == "local, no profile chosen, from config.yml"
