from __future__ import annotations

import os

import pytest

from ingenious_storage import InvalidKeyError
from ingenious_storage.adapters.ingenious.paths import (
    BlobPlace,
    MemoryPlace,
    Place,
    PromptPlace,
    parts_of,
    place_of,
)

PLACES: dict[tuple[str, str], Place] = {
    ("memory", "context.md"): MemoryPlace("_shared"),
    ("memory/chat-1", "context.md"): MemoryPlace("chat-1"),
    ("./memory//a/./b", "context.md"): MemoryPlace("a/b"),
    ("memory/context.md", "context.md"): MemoryPlace("context.md"),
    ("memory/+49 30 1.", "context.md"): MemoryPlace("+49 30 1."),
    ("memory/chat-1", "notes.md"): BlobPlace("files/memory/chat-1/notes.md"),
    ("templates/prompts/quickstart-1", "a.md"): PromptPlace("quickstart-1", "a.md"),
    ("templates/prompts/bike_insights", "a.md"): PromptPlace("bike-insights", "a.md"),
    ("templates/prompts/v1.0/parts", "a.md"): PromptPlace("v1-0", "parts/a.md"),
    ("templates/prompts", "a.md"): PromptPlace("no-revision", "a.md"),
    ("templates", "a.md"): BlobPlace("files/templates/a.md"),
    ("functional_test_outputs/r-1", "o.md"): BlobPlace("files/functional_test_outputs/r-1/o.md"),
    ("", "context.md"): BlobPlace("files/context.md"),
    ("./", "x/y.md"): BlobPlace("files/x/y.md"),
}


@pytest.mark.parametrize(("path", "place"), PLACES.items())
def test_what_is_at_a_path(path: tuple[str, str], place: Place) -> None:
    assert place_of(*path) == place


@pytest.mark.parametrize(
    ("file_path", "file_name"),
    [
        ("memory/../secrets", "context.md"),
        ("templates/prompts/r", "../../../x.md"),
        ("..", "x"),
        ("/etc", "passwd"),
        ("", "/etc/passwd"),
        ("C:/Users", "x"),
        ("memory/_shared", "context.md"),
        ("templates/prompts/no-revision", "a.md"),
        ("templates/prompts/No_Revision", "a.md"),
    ],
)
def test_what_leads_out_or_is_reserved_is_refused(file_path: str, file_name: str) -> None:
    with pytest.raises(InvalidKeyError):
        place_of(file_path, file_name)


def test_an_absolute_path_has_no_parts() -> None:
    assert parts_of("/app/templates/prompts") is None
    assert parts_of("templates") == ("templates",)
    assert parts_of("./") == ()


def test_pathlib_writes_backslashes_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    path = "templates\\prompts\\r"
    monkeypatch.setattr(os, "sep", "/")
    assert place_of(path, "a.md") == BlobPlace(f"files/{path}/a.md")
    monkeypatch.setattr(os, "sep", "\\")
    assert place_of(path, "a.md") == PromptPlace("r", "a.md")
    assert parts_of("C:\\app\\templates") is None
