"""Drafts: from the fields of a form to what is committed."""

from __future__ import annotations

import pytest
from starlette.datastructures import FormData

from ingenious_ops.console.prompts.drafts import (
    Draft,
    DraftFile,
    is_editable,
    with_line_ends_of,
)
from ingenious_ops.console.prompts.merging import MINE, THEIRS
from ingenious_storage.errors import AlreadyExistsError, InvalidDataError, InvalidKeyError

FILES = {"a.md": "1\n2\n3\n4\n", "b.md": "b"}


def draft(*files: DraftFile) -> Draft:
    return Draft(files)


def form_of(*files: tuple[str, str, str]) -> FormData:
    fields = ("original", "name", "text", "mine")
    return FormData([pair for file in files for pair in zip(fields, (*file, ""), strict=True)])


def test_what_was_not_changed_is_not_committed() -> None:
    assert Draft.of(FILES, ["a.md", "b.md"]).changes(FILES) == {}


def test_several_files_of_one_form() -> None:
    form = form_of(("a.md", "a.md", "one\r\n"), ("", " new/c.md ", "c"), ("b.md", "b.md", "b"))
    form = FormData([*form.multi_items(), ("removed", "2")])
    found = Draft.of_form(form).changes(FILES)
    assert found == {"a.md": "one\n", "new/c.md": "c", "b.md": None}


def test_a_form_that_lost_a_field_is_refused() -> None:
    with pytest.raises(InvalidDataError, match="incomplete"):
        Draft.of_form(FormData([("original", "a.md"), ("name", "a.md")]))


def test_another_name_takes_the_old_one_out() -> None:
    assert draft(DraftFile("b.md", "c.md", "b")).changes(FILES) == {"b.md": None, "c.md": "b"}


def test_two_names_change_places() -> None:
    found = draft(DraftFile("a.md", "b.md", "1"), DraftFile("b.md", "a.md", "2")).changes(FILES)
    assert found == {"b.md": "1", "a.md": "2"}


def test_a_name_may_begin_with_a_space_when_it_did() -> None:
    files = {" a.md": "1"}
    assert Draft.of_form(form_of((" a.md", " a.md", "2"))).changes(files) == {" a.md": "2"}


def test_a_new_file_that_was_crossed_out_is_nothing() -> None:
    assert draft(DraftFile("", "", "", removed=True)).changes(FILES) == {}


@pytest.mark.parametrize(
    ("file", "error"),
    [
        pytest.param(DraftFile("", "a.md", ""), AlreadyExistsError, id="taken"),
        pytest.param(DraftFile("b.md", "a.md", ""), AlreadyExistsError, id="renamed-to-taken"),
        pytest.param(DraftFile("", "", "text"), InvalidDataError, id="no-name"),
        pytest.param(DraftFile("", "../a", ""), InvalidKeyError, id="path"),
        pytest.param(DraftFile("a.md", "a.md", f"{MINE}x\n{THEIRS}"), InvalidDataError, id="marks"),
    ],
)
def test_what_cannot_be_committed(file: DraftFile, error: type[Exception]) -> None:
    with pytest.raises(error):
        draft(file).changes(FILES)


def test_two_new_files_of_one_name() -> None:
    with pytest.raises(AlreadyExistsError):
        draft(DraftFile("", "c", "1"), DraftFile("", "c", "2")).changes(FILES)


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        pytest.param("a\r\nb", "a\nc", "a\nb", id="unix"),
        pytest.param("a\r\nb", "a\r\nc", "a\r\nb", id="dos"),
        pytest.param("a\r\nb\r\nc", "a\nb\r\nc", "a\nb\r\nc", id="mixed-and-unchanged"),
        pytest.param("a\r\nb\r\nd", "a\nb\r\nc", "a\nb\nd", id="mixed-and-changed"),
        pytest.param("a\r\nb", "a\rb", "a\rb", id="old-mac-unchanged"),
        pytest.param("a\r\n", "", "a\n", id="new"),
    ],
)
def test_line_ends(text: str, before: str, after: str) -> None:
    assert with_line_ends_of(text, before) == after


def test_what_html_cannot_give_back() -> None:
    assert is_editable("a\r\n\u2028\x1f")
    assert not is_editable("a\0")


BASE = {"a.md": "1\n2\n3\n4\n", "b.md": "b\n"}


@pytest.mark.parametrize(
    ("file", "newest", "what", "text"),
    [
        pytest.param(DraftFile("b.md", "b.md", "mine\n"), {}, "yours", "mine\n", id="others-only"),
        pytest.param(
            DraftFile("a.md", "a.md", "one\n2\n3\n4\n"),
            {"a.md": "1\n2\n3\nfour\n"},
            "merged",
            "one\n2\n3\nfour\n",
            id="merged",
        ),
        pytest.param(
            DraftFile("b.md", "b.md", "mine\n"),
            {"b.md": "theirs\n"},
            "conflict",
            f"{MINE}mine\n=======\ntheirs\n{THEIRS}",
            id="conflict",
        ),
        pytest.param(
            DraftFile("b.md", "b.md", "b\n", removed=True),
            {"b.md": "theirs\n"},
            "conflict",
            "theirs\n",
            id="removed-here-changed-there",
        ),
        pytest.param(
            DraftFile("b.md", "b.md", "mine\n"),
            {"b.md": None},
            "removed",
            "mine\n",
            id="removed-there",
        ),
        pytest.param(
            DraftFile("b.md", "b.md", "same\r\n"),
            {"b.md": "same\n"},
            "same",
            "same\n",
            id="same",
        ),
        pytest.param(
            DraftFile("", "c.md", "mine\n"),
            {"c.md": "theirs\n"},
            "conflict",
            f"{MINE}mine\n=======\ntheirs\n{THEIRS}",
            id="both-made-it",
        ),
    ],
)
def test_merged(file: DraftFile, newest: dict[str, str | None], what: str, text: str) -> None:
    after = {**BASE, **newest}
    found, happened = draft(file).merged(
        BASE, {name: given for name, given in after.items() if given is not None}
    )
    assert happened == [what]
    assert found.files[0].text == text
    assert found.files[0].removed == file.removed


def test_a_file_is_added_once() -> None:
    made = Draft.of(FILES, ["a.md"])
    assert made.with_file(FILES, "a.md") == made
    assert [file.original for file in made.with_file(FILES, "b.md").files] == ["a.md", "b.md"]
    assert made.with_file(FILES, "").files[1] == DraftFile("", "", "")
