"""The framework's tree: where its files are looked for, and what becomes of each of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingenious_ops.migrate.ends.base import Component, Item
from ingenious_ops.migrate.errors import LayoutAmbiguousError, LayoutNotFoundError
from ingenious_ops.migrate.layout.roots import File, Roots, find_roots
from ingenious_ops.migrate.layout.tree import sort
from ingenious_storage.errors import InvalidKeyError
from ingenious_storage.keys import validate_name
from ingenious_storage.services.framework_names import set_name


def files(*names: str) -> list[File]:
    return [File(tuple(name.split("/")), Item(name, 1, "1")) for name in names]


TREE = ("memory/context.md", "memory/t/context.md", "templates/prompts/r/a.md")


@pytest.mark.parametrize("prefix", ["", ".files/", "my-app/.files/"])
def test_the_path_of_the_configuration_may_be_above(prefix: str) -> None:
    found = find_roots(files(*(prefix + name for name in TREE)), label="x", only=None)
    above = tuple(prefix.split("/")[:-1])
    assert found == Roots((*above, "memory"), (*above, "templates", "prompts"))


@pytest.mark.parametrize(
    ("label", "only", "names", "expected"),
    [
        ("memory", None, ("context.md",), Roots(memory=())),
        ("memory", None, ("t/context.md", "t/other.txt"), Roots(memory=())),
        (".tmp", "memory", ("t/context.md",), Roots(memory=())),
        ("prompts", None, ("r/a.md",), Roots(prompts=())),
        ("templates", None, ("prompts/r/a.md",), Roots(prompts=("prompts",))),
        ("x", "prompts", ("r/a.md",), Roots(prompts=())),
        ("prompts", None, ("loose.md",), Roots(prompts=())),
        ("templates", None, ("prompts/loose.jinja",), Roots(prompts=("prompts",))),
        ("x", None, ("templates/prompts/loose.md",), Roots(prompts=("templates", "prompts"))),
        ("x", None, ("app/tmp/t/context.md",), Roots(legacy=("app", "tmp"))),
        ("tmp", None, ("t/context.md",), Roots(legacy=())),
    ],
)
def test_a_component_by_itself(
    label: str, only: Component | None, names: tuple[str, ...], expected: Roots
) -> None:
    assert find_roots(files(*names), label=label, only=only) == expected


def test_the_tree_nearest_to_the_top_is_it() -> None:
    deep = "tests/data/memory/t/context.md"
    found = find_roots(files(deep, ".files/memory/context.md"), label="", only=None)
    assert found.memory == (".files", "memory")


@pytest.mark.parametrize(
    ("label", "only", "names"),
    [
        ("x", None, ("context.md", "t/context.md", "r/a.md")),
        ("x", None, ()),
        ("x", None, ("memory/notes.md", "templates/prompts/loose.txt")),
        ("prompts", None, ("notes.txt",)),
        ("x", None, ("tmp/notes.md", "tmp/a/b.md")),
        ("x", "memory", ("templates/prompts/r/a.md",)),
        ("x", "prompts", ("memory.md",)),
        ("x", None, (".venv/lib/site-packages/ext/templates/prompts/r/a.md",)),
    ],
)
def test_nothing_is_guessed(label: str, only: Component | None, names: tuple[str, ...]) -> None:
    with pytest.raises(LayoutNotFoundError):
        find_roots(files(*names), label=label, only=only)


def test_two_trees_are_not_mixed() -> None:
    names = files("a/memory/context.md", "b/memory/t/context.md")
    with pytest.raises(LayoutAmbiguousError, match=r"a/memory/, b/memory/"):
        find_roots(names, label="", only=None)


def test_every_file_is_somewhere() -> None:
    names = files(
        *(f".files/{name}" for name in TREE),
        ".files/memory/a/b/context.md",
        ".files/memory/_shared/context.md",
        ".files/memory/t/notes.txt",
        ".files/templates/prompts/r/sub/b.jinja",
        ".files/templates/prompts/r/.x.md",
        ".files/templates/prompts/loose.md",
        ".files/templates/prompts/.loose.jinja",
        ".files/templates/prompts/r/.hidden",
        ".files/templates/prompts/r/._a.md",
        ".files/templates/prompts/r/.git/a.md",
        ".files/templates/prompts/.git/a.md",
        ".files/functional_test_outputs/r/1.json",
        ".files/functional_test_outputs/r/2.json",
        "tmp/context.md",
        "tmp/t/context.md",
        "tmp/old/context.md",
        "tmp/knowledge_base/context.md",
        "tmp/chroma_db/1.bin",
        "src/app.py",
        "config.yml",
    )
    roots = find_roots(names, label="app", only=None)
    found = sort(names, roots, ("memory", "prompts"))
    memories = {thread: "/".join(file.parts) for thread, file in found.memories.items()}
    assert memories == {
        "_shared": ".files/memory/context.md",
        "t": ".files/memory/t/context.md",
        "a/b": ".files/memory/a/b/context.md",
        "old": "tmp/old/context.md",
    }
    assert ["/".join(file.parts) for file in found.reserved] == [".files/memory/_shared/context.md"]
    assert [file.parts for file in found.prompts["r"]] == [
        ("a.md",),
        ("sub", "b.jinja"),
        (".x.md",),
    ]
    assert set(found.prompts) == {"r"}
    assert [file.parts for file in found.loose] == [("loose.md",), (".loose.jinja",)]
    hidden = "hidden, and no .md or .jinja"
    left = {entry.name: entry.reason for entry in found.left}
    assert left == {
        ".files/memory/t/notes.txt": "in .files/memory/ and not named context.md",
        ".files/templates/prompts/r/.hidden": hidden,
        ".files/templates/prompts/r/._a.md": hidden,
        ".files/templates/prompts/r/.git/a.md": "in a hidden folder",
        ".files/templates/prompts/.git/a.md": "in a hidden folder",
        ".files/functional_test_outputs/ (2 files)": (
            "outputs of the framework's tests; --layout raw copies them"
        ),
        "tmp/context.md": "this thread's memory is .files/memory/context.md",
        "tmp/t/context.md": "this thread's memory is .files/memory/t/context.md",
        "tmp/ (2 files)": "no part of the layout",
        "src/ (1 file)": "no part of the layout",
        "config.yml": "no part of the layout",
    }
    only = sort(names, roots, ("memory",))
    assert not only.prompts
    left = {entry.name: entry.reason for entry in only.left}
    assert left[".files/templates/prompts/ (9 files)"] == "left out by --only memory"


@pytest.mark.parametrize(
    ("revision", "name"),
    [
        ("quickstart-1", "quickstart-1"),
        ("a--b", "a--b"),
        ("bike_insights", "bike-insights"),
        ("Release 2026.11", "release-2026-11"),
        ("-x-", "x"),
        ("Prüfung", "prufung"),
        ("日本", "set-cf2abf0c"),
        ("x" * 51, f"{'x' * 41}-" + "3ecd502a"),
    ],
)
def test_names_of_sets(revision: str, name: str) -> None:
    assert set_name(revision) == name


@given(st.text(min_size=1))
def test_every_name_becomes_one_that_is_allowed(revision: str) -> None:
    name = set_name(revision)
    validate_name(name, what="prompt set")
    assert set_name(name) == name
    try:
        validate_name(revision, what="prompt set")
    except InvalidKeyError:
        return
    assert name == revision
