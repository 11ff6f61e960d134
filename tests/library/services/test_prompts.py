from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingenious_storage import (
    AlreadyExistsError,
    ConflictError,
    CorruptObjectError,
    InvalidDataError,
    InvalidKeyError,
    NotFoundError,
    PromptNotFoundError,
    RevisionPrunedError,
    Storage,
    UnavailableError,
)
from ingenious_storage.documents import Document, prune, purge
from ingenious_storage.services.labels import Label
from ingenious_storage.services.prompt_files import left_out
from ingenious_storage.services.prompts import PromptLibrary


@pytest.fixture
def prompts(storage: Storage) -> PromptLibrary:
    return storage.prompts


def test_the_life_of_a_set(prompts: PromptLibrary) -> None:
    prompts.create_set("quickstart-1", {"a.jinja": "A\n", "b.md": "B\n"}, author="ann")
    with pytest.raises(AlreadyExistsError):
        prompts.create_set("quickstart-1")
    prompts.create_set("quickstart-2", {"c.md": "C\n"}, source="quickstart-1")
    assert list(prompts.list_sets()) == ["quickstart-1", "quickstart-2"]
    assert prompts.get_set("quickstart-2") == {"a.jinja": "A\n", "b.md": "B\n", "c.md": "C\n"}
    second = prompts.commit("quickstart-1", {"a.jinja": "A2\n", "b.md": None}, message="why")
    assert (second.number, second.message) == (2, "why")
    assert prompts.get("quickstart-1", "a.jinja") == "A2\n"
    assert prompts.get("quickstart-1", "a.jinja", revision=1) == "A\n"
    with pytest.raises(PromptNotFoundError):
        prompts.get("quickstart-1", "b.md")
    assert prompts.diff("quickstart-1", 1) == (
        "--- quickstart-1/a.jinja\n+++ quickstart-1/a.jinja\n@@ -1 +1 @@\n-A\n+A2\n"
        "--- quickstart-1/b.md\n+++ /dev/null\n@@ -1 +0,0 @@\n-B\n"
    )
    assert "quickstart-2/c.md" in prompts.diff("quickstart-1", 2, other="quickstart-2")
    prompts.rollback("quickstart-1", 1)
    assert prompts.get("quickstart-1", "b.md") == "B\n"
    assert [r.number for r in prompts.history("quickstart-1")] == [3, 2, 1]
    prompts.delete_set("quickstart-1")
    assert list(prompts.list_sets()) == ["quickstart-2"]
    for call in (prompts.get_set, prompts.delete_set):
        with pytest.raises(PromptNotFoundError):
            call("quickstart-1")
    with pytest.raises(PromptNotFoundError):
        prompts.commit("never", {"a": "x"})


def test_a_commit_can_be_guarded(prompts: PromptLibrary) -> None:
    first = prompts.create_set("s", {"a": "1"})
    prompts.commit("s", {"a": "2"}, expected=first)
    with pytest.raises(ConflictError):
        prompts.commit("s", {"a": "3"}, expected=first)
    assert prompts.get_set("s") == {"a": "2"}


def test_labels_pin_and_remember(prompts: PromptLibrary) -> None:
    prompts.create_set("s", {"a": "1"})
    prompts.set_label("production", "s", author="ann", message="go")
    prompts.commit("s", {"a": "2"})
    label = prompts.get_label("production")
    assert (label.set, label.number, label.moved.author) == ("s", 1, "ann")
    assert prompts.get_set(label.set, revision=label) == {"a": "1"}
    prompts.set_label("production", "s", message="forward")
    prompts.set_label("canary", "s", revision=1)
    assert [(each.name, each.number) for each in prompts.list_labels()] == [
        ("canary", 1),
        ("production", 2),
    ]
    history = prompts.label_history("production")
    assert [(each.number, each.moved.message) for each in history] == [(2, "forward"), (1, "go")]
    prompts.create_set("copy", source=prompts.get_label("canary"))
    assert prompts.get_set("copy") == {"a": "1"}
    prompts.delete_set("s")
    assert prompts.get_set("s", revision=label) == {"a": "1"}
    prompts.delete_label("canary")
    for call in (prompts.get_label, prompts.delete_label):
        with pytest.raises(PromptNotFoundError):
            call("canary")
    with pytest.raises(PromptNotFoundError):
        prompts.set_label("canary", "never")


def test_a_label_is_of_one_lineage(prompts: PromptLibrary, storage: Storage) -> None:
    """A purged set that was created again does not answer for a label of the old one."""
    prompts.create_set("s", {"a": "old"})
    label = prompts.set_label("production", "s")
    storage.revisions.delete("prompts/s.json")
    prompts.create_set("s", {"a": "new"})
    with pytest.raises(ConflictError):
        prompts.get_set("s", revision=label)


def test_what_a_label_pins_is_not_pruned(prompts: PromptLibrary) -> None:
    prompts.create_set("s", {"a": "0"})
    for number in range(1, 80):
        prompts.commit("s", {"a": str(number)})
    prompts.set_label("production", "s", revision=20)
    assert prompts.prune_set("s", keep=1).revisions == 0
    prompts.set_label("production", "s", revision=40)
    assert prompts.prune_set("s", keep=1).first == 33
    with pytest.raises(RevisionPrunedError):
        prompts.set_label("canary", "s", revision=20)
    assert prompts.get_set("s", revision=prompts.get_label("production")) == {"a": "39"}


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a" * 51, "../x", "a b", "ä", None])
def test_bad_names(prompts: PromptLibrary, name: str) -> None:
    calls = [prompts.create_set, prompts.get_set, prompts.get_label]
    for call in calls:
        with pytest.raises(InvalidKeyError):
            call(name)  # type: ignore[operator]


def test_bad_prompts_change_nothing(prompts: PromptLibrary) -> None:
    prompts.create_set("s", {"a": "1"})
    for changes, error in (
        ({"a": "2", "../x": "1"}, InvalidKeyError),
        ({"a": "2", "b": 7}, InvalidDataError),
        ({"a": "\ud800"}, InvalidDataError),
    ):
        with pytest.raises(error):
            prompts.commit("s", changes)  # type: ignore[arg-type]
    assert [r.number for r in prompts.history("s")] == [1]


def test_directories(prompts: PromptLibrary, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "agents").mkdir(parents=True)
    (source / "agents" / "triage.jinja").write_text("Hallo {{ name }} äöü\r\n", newline="")
    (source / "a.md").write_text("A")
    (source / ".hidden").write_text("no")
    (source / "link.md").symlink_to(tmp_path / "elsewhere")
    prompts.import_directory("s", source)
    assert prompts.get_set("s") == {"a.md": "A", "agents/triage.jinja": "Hallo {{ name }} äöü\r\n"}
    (source / "a.md").unlink()
    assert prompts.import_directory("s", source).number == 2
    assert prompts.import_directory("s", source).number == 2
    target = tmp_path / "target"
    paths = prompts.export_directory("s", target)
    assert paths == [target / "agents" / "triage.jinja"]
    assert paths[0].read_bytes() == (source / "agents" / "triage.jinja").read_bytes()
    with pytest.raises(AlreadyExistsError):
        prompts.export_directory("s", target)
    prompts.export_directory("s", target, revision=1, overwrite=True)
    assert (target / "a.md").read_text() == "A"


def test_directories_that_cannot_be_imported(prompts: PromptLibrary, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        prompts.import_directory("s", tmp_path / "never")
    (tmp_path / "image.png").write_bytes(b"\x89PNG\xff")
    with pytest.raises(InvalidDataError, match=r"image\.png"):
        prompts.import_directory("s", tmp_path)
    assert list(prompts.list_sets()) == []


def test_a_set_that_is_none(prompts: PromptLibrary) -> None:
    prompts.create_set("s", {"a": "1"})
    prompts.documents.save("prompts/s.json", ["no files"])
    prompts.documents.save("labels/l.json", ["no label"])
    with pytest.raises(CorruptObjectError):
        prompts.get_set("s")
    with pytest.raises(CorruptObjectError):
        prompts.get_label("l")


def pruned_meanwhile(prompts: PromptLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a prune had asked for labels just before this one was put, and cut just after."""
    put = prompts._labels.put

    def put_and_cut(*args: Any) -> Label:
        made = put(*args)
        other = PromptLibrary(prompts.documents.files)
        prune(other.documents, "prompts/s.json", keep=1)
        return made

    monkeypatch.setattr(prompts._labels, "put", put_and_cut)


@pytest.fixture
def long_set(storage: Storage) -> PromptLibrary:
    prompts = storage.prompts
    prompts.create_set("s", {"a": "0"})
    for number in range(70):
        prompts.commit("s", {"a": str(number + 1)})
    return prompts


def test_a_label_that_cannot_be_set_stays_where_it_was(
    long_set: PromptLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = long_set
    before = prompts.set_label("production", "s")
    with monkeypatch.context() as patch:
        pruned_meanwhile(prompts, patch)
        with pytest.raises(RevisionPrunedError):
            prompts.set_label("production", "s", revision=2)
    now = prompts.get_label("production")
    assert (now.set, now.number, now.write_id) == (before.set, before.number, before.write_id)
    assert prompts.get("s", "a", revision=now) == "70"
    assert [label.number for label in prompts.label_history("production")] == [71, 2, 71]
    assert prompts.dangling_labels() == []


def test_a_new_label_that_cannot_be_set_is_not_there(
    long_set: PromptLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        pruned_meanwhile(long_set, patch)
        with pytest.raises(RevisionPrunedError):
            long_set.set_label("canary", "s", revision=2)
    with pytest.raises(PromptNotFoundError):
        long_set.get_label("canary")
    assert long_set.list_labels() == []


def test_a_label_that_cannot_be_taken_back_is_no_failure_without_effect(
    long_set: PromptLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = long_set.documents.load

    def load_no_label(key: str, **more: Any) -> Document:
        if key.startswith("labels/"):
            raise UnavailableError("no answer to get", outcome_unknown=False)
        return load(key, **more)

    with monkeypatch.context() as patch:
        pruned_meanwhile(long_set, patch)
        patch.setattr(long_set.documents, "load", load_no_label)
        with pytest.raises(UnavailableError) as failed:
            long_set.set_label("canary", "s", revision=2)
    assert failed.value.outcome_unknown
    assert long_set.get_label("canary").number == 2


def test_a_new_label_that_others_deleted_meanwhile_is_told_as_what_it_was_to_pin(
    long_set: PromptLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = long_set._labels.put

    def put_and_deleted(*args: Any) -> Label:
        made = put(*args)
        prune(long_set.documents, "prompts/s.json", keep=1)
        PromptLibrary(long_set.documents.files).delete_label("canary")
        return made

    monkeypatch.setattr(long_set._labels, "put", put_and_deleted)
    with pytest.raises(RevisionPrunedError):
        long_set.set_label("canary", "s", revision=2)


def test_a_label_that_others_moved_on_is_left_to_them(
    long_set: PromptLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = long_set
    made = prompts.set_label("production", "s", revision=2)
    theirs = prompts.set_label("production", "s", revision=70)
    prompts._labels.take_back(made)
    assert prompts.get_label("production") == theirs


def test_labels_that_dangle_are_found(long_set: PromptLibrary) -> None:
    prompts = long_set
    prompts.set_label("old", "s", revision=2)
    prompts.set_label("good", "s")
    prune(prompts.documents, "prompts/s.json", keep=1)  # of one that knows no labels
    assert [label.name for label in prompts.dangling_labels()] == ["old"]
    purge(prompts.documents, "prompts/s.json")
    prompts.create_set("s", {"a": "another"})
    assert [label.name for label in prompts.dangling_labels()] == ["good", "old"]


CROSSED = {"a": "1", "a/b": "2"}


def test_names_that_cannot_be_files_together_are_refused(prompts: PromptLibrary) -> None:
    with pytest.raises(InvalidDataError, match="'a' and 'a/b' cannot both be prompts"):
        prompts.create_set("one", CROSSED)
    prompts.create_set("one", {"a/b/c": "1"})
    with pytest.raises(InvalidDataError, match="'a' and 'a/b/c' cannot both"):
        prompts.create_set("two", {"a": "2"}, source="one")
    for name in ("a", "a/b", "a/b/c/d"):
        with pytest.raises(InvalidDataError, match="a file and a folder"):
            prompts.commit("one", {name: "2"})
    prompts.commit("one", {"a/b/c": None, "a": "2", "ab": "3", "a.b": "4"})
    assert prompts.get_set("one") == {"a": "2", "ab": "3", "a.b": "4"}


def test_a_set_of_an_earlier_release_can_be_mended(prompts: PromptLibrary, tmp_path: Path) -> None:
    prompts.documents.create("prompts/old.json", dict(CROSSED), name="old")
    with pytest.raises(InvalidDataError, match="cannot both"):
        prompts.export_directory("old", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    prompts.commit("old", {"c": "3"})
    prompts.commit("old", {"a": None})
    assert len(prompts.export_directory("old", tmp_path / "out")) == 2


def test_an_import_removes_nothing_that_it_could_not_read(
    prompts: PromptLibrary, tmp_path: Path
) -> None:
    kept = {".hidden": "1", "sub/.x/y": "2", "link": "3", "linked/z": "4"}
    prompts.create_set("one", {**kept, "gone": "5", "a": "6"})
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "a").write_text("new")
    (folder / ".hidden").write_text("not read")
    (folder / "link").symlink_to("a")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    prompts.import_directory("one", folder)
    assert prompts.get_set("one") == {**kept, "a": "new"}
    assert left_out(folder) == [".hidden", "link", "linked"]
