"""`prompts`: sets, create, ls, show, put, rm, diff, history, rollback, import, export."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_storage import Storage
from tests.ops.cli.harness import WORKSPACE, Cli

PROMPTS = WORKSPACE / "templates" / "prompts"


@pytest.fixture
def two(cli: Cli) -> Cli:
    """Set `s` with three revisions of `a.md`, and `production` on the second."""
    cli("prompts", "create", "s", "-m", "new")
    for text in ("one", "two"):
        cli("prompts", "put", "s", "a.md=-", "-m", text, stdin=f"{text}\n")
    cli("prompts", "label", "set", "production", "s@2")
    return cli


def test_sets(cli: Cli) -> None:
    assert cli("prompts", "sets").stderr == "no prompt sets\n"
    for name in ("b", "a"):
        created = cli("prompts", "create", name)
        assert created.stderr == f"created {name}: revision 1, 2 bytes\n"
    assert cli("prompts", "sets").stdout == "a\nb\n"
    assert cli.error("prompts", "create", "a", code=4)["code"] == "already_exists"


def test_a_set_from_another(two: Cli) -> None:
    two("prompts", "create", "t", "--source", "@production")
    assert two("prompts", "show", "t", "a.md").stdout == "one\n"
    assert two.data("prompts", "history", "t")["revisions"][0]["message"] == "Copy of s@2"
    assert two.error("prompts", "create", "u", "--source", "nope", code=3)["code"]


@pytest.mark.parametrize(
    ("ref", "text"), [("s", "two\n"), ("s@2", "one\n"), ("s@3", "two\n"), ("@production", "one\n")]
)
def test_refs(two: Cli, ref: str, text: str) -> None:
    assert two("prompts", "show", ref, "a.md").stdout == text
    assert two("prompts", "ls", ref).stdout == "a.md\t4\n"


@pytest.mark.parametrize(
    ("ref", "code"),
    [("s@9", 3), ("t", 3), ("@canary", 3), ("S", 2), ("s@", 2), ("@", 2), ("s@x", 2), ("s@1@2", 2)],
)
def test_refs_that_name_nothing(two: Cli, ref: str, code: int) -> None:
    two.error("prompts", "ls", ref, code=code)


def test_a_prompt_that_is_not_in_the_set(two: Cli) -> None:
    error = two.error("prompts", "show", "s", "b.md", code=3)
    assert error["code"] == "prompt_not_found"
    assert "prompts ls" in error["hint"]


def test_several_prompts_are_one_revision(cli: Cli) -> None:
    cli("prompts", "create", "s")
    cli.write("in/x.md", "x")
    cli.write("in/y.md", "y")
    put = cli("prompts", "put", "s", "in/x.md", "sub/z.md=in/y.md", "w.md=-", stdin="w")
    assert put.stderr.startswith("put 3 into s: revision 2, ")
    listed = cli.data("prompts", "ls", "s")["prompts"]
    assert [each["name"] for each in listed] == ["sub/z.md", "w.md", "x.md"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-"], "give the prompt a name: NAME=-"),
        (["in/x.md", "x.md=-"], "'x.md' is given twice"),
        (["missing.md"], "cannot read missing.md: "),
        ([], "Missing argument"),
    ],
)
def test_put_that_makes_no_sense(cli: Cli, args: list[str], message: str) -> None:
    cli("prompts", "create", "s")
    cli.write("in/x.md", "x")
    assert cli.error("prompts", "put", "s", *args, stdin="x", code=2)["message"].startswith(message)
    assert len(cli.data("prompts", "history", "s")["revisions"]) == 1


def test_a_path_with_an_equals_sign(cli: Cli) -> None:
    cli("prompts", "create", "s")
    cli("prompts", "put", "s", cli.write("a=b.md", "x"))
    assert cli("prompts", "ls", "s").stdout == "a=b.md\t1\n"


def test_put_into_a_set_that_is_not_there(cli: Cli) -> None:
    assert cli.error("prompts", "put", "s", "a=-", stdin="x", code=3)["code"] == "prompt_not_found"


def test_a_prompt_name_that_is_no_path_is_refused(cli: Cli) -> None:
    cli("prompts", "create", "s")
    assert cli.error("prompts", "put", "s", "../x=-", stdin="", code=2)["code"] == "invalid_key"


def test_rm_takes_prompts_out_and_rollback_brings_them_back(two: Cli) -> None:
    two("prompts", "rm", "s", "a.md")
    assert two("prompts", "ls", "s").stderr == "s holds no prompts\n"
    assert two.error("prompts", "rm", "s", "a.md", code=3)["code"] == "prompt_not_found"
    two("prompts", "rollback", "s", "3")
    assert two("prompts", "show", "s", "a.md").stdout == "two\n"


def test_rm_deletes_a_set_and_rollback_brings_it_back(two: Cli) -> None:
    two("prompts", "rm", "s")
    assert two("prompts", "sets").stdout == ""
    assert two.error("prompts", "ls", "s", code=3)["code"] == "prompt_not_found"
    assert two("prompts", "show", "@production", "a.md").stdout == "one\n"
    two("prompts", "rollback", "s", "3")
    assert two("prompts", "sets").stdout == "s\n"


def test_diff(two: Cli) -> None:
    changed = "--- s/a.md\n+++ s/a.md\n@@ -1 +1 @@\n-one\n+two\n"
    for args in (("s",), ("s@3",), ("s@2", "s@3"), ("@production", "s")):
        assert two("prompts", "diff", *args).stdout == changed
    assert two.data("prompts", "diff", "@production", "s")["new"] == "s@3"
    assert two("prompts", "diff", "s", "@production").stdout.endswith("-two\n+one\n")
    assert two("prompts", "diff", "s", "s").stderr == "s@3 and s@3 are the same\n"
    assert two.error("prompts", "diff", "s@1", code=3)["code"] == "revision_not_found"


def test_diff_of_two_sets(filled: Cli) -> None:
    text = filled("prompts", "diff", "quickstart-1", "quickstart-2").stdout
    assert "--- /dev/null\n+++ quickstart-2/house_style.md\n" in text


def test_history(two: Cli) -> None:
    lines = [line.split("\t") for line in two("prompts", "history", "s").stdout.splitlines()]
    assert [(line[0], line[-1]) for line in lines] == [("3", "two"), ("2", "one"), ("1", "new")]
    assert len(two("prompts", "history", "s", "-n", "1").stdout.splitlines()) == 1


def test_import_of_a_workspace(cli: Cli) -> None:
    imported = cli("prompts", "import", str(WORKSPACE))
    assert (
        imported.stderr == "quickstart-1: created, revision 1\nquickstart-2: created, revision 1\n"
    )
    text = (PROMPTS / "quickstart-2" / "triage.jinja").read_text(encoding="utf-8")
    assert cli("prompts", "show", "quickstart-2", "triage.jinja").stdout == text
    again = cli.data("prompts", "import", str(PROMPTS))["sets"]
    assert [(each["status"], each["revision"]) for each in again] == [("unchanged", 1)] * 2


def test_import_of_one_folder(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("prompts", "import", str(PROMPTS / "quickstart-1"))
    assert cli("prompts", "sets").stdout == "quickstart-1\n"
    changed = cli.data(
        "prompts", "import", str(PROMPTS / "quickstart-2"), "--set", "quickstart-1", "-m", "next"
    )
    made = {"set": "quickstart-1", "status": "updated", "revision": 2, "left_out": []}
    assert changed["sets"] == [made]
    assert cli.data("prompts", "history", "quickstart-1")["revisions"][0]["message"] == "next"
    assert not cli("prompts", "diff", "quickstart-1", "quickstart-1@2").stdout
    monkeypatch.chdir(PROMPTS / "quickstart-2")
    monkeypatch.setenv("INGENIOUS_STORAGE__BASE_PATH", str(cli.folder / "data"))
    assert cli.data("prompts", "import", ".")["sets"][0]["set"] == "quickstart-2"


def test_import_refuses_before_it_writes(cli: Cli) -> None:
    cli.write("in/good/a.md", "x")
    cli.write("in/Bad Name/a.md", "x")
    error = cli.error("prompts", "import", "in", code=2)
    assert error["code"] == "invalid_key"
    assert "--set NAME" in error["hint"]
    cli.write("ws/templates/prompts/loose.md", "x")
    assert cli.error("prompts", "import", "ws", code=1)["code"] == "invalid_data"
    Path("empty").mkdir()
    assert cli.error("prompts", "import", "empty", code=3)["code"] == "not_found"
    assert not list(cli.folder.rglob("*.json"))


def test_export_and_back(filled: Cli) -> None:
    filled("prompts", "export", "out")
    assert filled.error("prompts", "export", "out", code=4)["code"] == "already_exists"
    filled("prompts", "export", "out", "--force")
    again = filled.data("prompts", "import", "out")["sets"]
    assert {each["status"] for each in again} == {"unchanged"}


def test_export_of_a_revision(two: Cli) -> None:
    exported = two("prompts", "export", "out", "--set", "@production")
    assert exported.stderr == "s: 1 file\n"
    assert Path("out/a.md").read_text(encoding="utf-8") == "one\n"


def test_labels(two: Cli) -> None:
    assert two("prompts", "label", "get", "production").stdout == "s@2\n"
    moved = two("prompts", "label", "set", "production", "s", "-m", "release")
    assert moved.stderr == "production is now s@3\n"
    two("prompts", "label", "set", "canary", "@production")
    lines = [line.split("\t") for line in two("prompts", "label", "ls").stdout.splitlines()]
    assert [line[:2] for line in lines] == [["canary", "s@3"], ["production", "s@3"]]
    history = two.data("prompts", "label", "history", "production")["history"]
    assert [(each["number"], each["moved"]["message"]) for each in history] == [
        (3, "release"),
        (2, None),
    ]
    two("prompts", "label", "rm", "canary")
    assert two.error("prompts", "label", "get", "canary", code=3)["code"] == "prompt_not_found"
    assert len(two.data("prompts", "label", "ls")["labels"]) == 1


def test_a_label_needs_a_revision_that_is_there(two: Cli) -> None:
    for ref in ("s@9", "nope", "@nope"):
        two.error("prompts", "label", "set", "canary", ref, code=3)
    assert two.error("prompts", "label", "set", "Canary", "s", code=2)["code"] == "invalid_key"
    two("prompts", "label", "rm", "production")
    assert two("prompts", "label", "ls").stderr == "no labels\n"


def test_an_export_goes_on_behind_a_set_that_has_no_files(cli: Cli) -> None:
    """As earlier releases accepted it."""
    with Storage.from_config() as storage:
        storage.prompts.create_set("a-first", {"x": "1"})
        broken = {"a": "1", "a/b": "2"}
        storage.prompts.documents.create("prompts/broken.json", broken, name="broken")
        storage.prompts.create_set("z-last", {"y": "2"})
    data = cli.data("prompts", "export", "out", code=1)
    assert [record["set"] for record in data["sets"]] == ["a-first", "z-last"]
    assert [(record["set"], record["code"]) for record in data["failures"]] == [
        ("broken", "invalid_data")
    ]
    result = cli("prompts", "export", "again", code=1)
    assert "1 set not exported: broken" in result.stderr
    assert Path("again/z-last/y").read_text() == "2"
    assert not Path("again/broken").exists()


def test_an_import_lists_what_it_leaves_out(cli: Cli) -> None:
    cli.write("set/a", "1")
    cli.write("set/.env", "secret")
    cli.write("set/.git/config", "x")
    Path("set/link").symlink_to("a")
    result = cli("prompts", "import", "set")
    for name in (".env", ".git/", "link"):
        assert f"left out of set: {name}" in result.stderr
    data = cli.data("prompts", "import", "set")
    assert data["sets"][0]["left_out"] == [".env", ".git/", "link"]


def test_a_deleted_set_is_restored(two: Cli) -> None:
    two("prompts", "rm", "s")
    restored = two("prompts", "restore", "s", "-m", "needed", "--author", "ann")
    assert restored.stderr == "restored s: revision 5, 16 bytes\n"
    assert two("prompts", "show", "s", "a.md").stdout == "two\n"
    newest = two.data("prompts", "history", "s")["revisions"][0]
    assert (newest["author"], newest["message"]) == ("ann", "needed")
    assert two.data("prompts", "restore", "s")["revision"]["number"] == 5
    two.error("prompts", "restore", "t", code=3)


def test_a_set_is_purged_when_no_label_pins_it(two: Cli) -> None:
    def holding() -> list[Path]:
        files = (path for path in two.folder.rglob("*") if path.is_file())
        return [path for path in files if b"two" in path.read_bytes()]

    refused = two.error("prompts", "purge", "s", "--yes", code=4)
    assert refused["code"] == "conflict"
    assert "production" in refused["message"]
    two("prompts", "label", "rm", "production")
    assert two.error("prompts", "purge", "s", code=2)["code"] == "usage"
    assert holding()
    purged = two.data("prompts", "purge", "s", "--yes")
    assert (purged["set"], purged["revisions"], purged["keys"]) == ("s", 3, None)
    assert not holding()
    two.error("prompts", "history", "s", code=3)
