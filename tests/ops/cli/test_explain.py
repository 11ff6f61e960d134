"""`explain`: whatever an error, a check, a setting or an alert is called, a page says more."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import ingenious_ops
import ingenious_storage
from ingenious_ops.cli.errors import NotConfirmed, describe
from ingenious_ops.explain.entries import entries, find
from ingenious_storage.config.keys import KEYS
from ingenious_storage.documents import LOST_HEAD
from ingenious_storage.errors import NotFoundError, StorageError
from ingenious_storage.storage import DANGLING_LABEL
from tests.ops.alerts.rules import ALERTS
from tests.ops.cli.harness import Cli

ROOT = Path(__file__).parents[3]
SOURCES = [*ROOT.glob("ingenious_storage/**/*.py"), *ROOT.glob("ops/ingenious_ops/**/*.py")]


def kinds() -> set[type[StorageError]]:
    """Every error that any module of the two packages has, but adapters: their frameworks warn."""
    for package in (ingenious_storage, ingenious_ops):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not re.search(r"\.adapters\.|\.template|__main__$", module.name):
                importlib.import_module(module.name)
    found, left = {StorageError}, [StorageError]
    while left:
        inner = [kind for kind in left.pop().__subclasses__() if kind not in found]
        found.update(inner)
        left += inner
    return {kind for kind in found if kind.__module__.startswith("ingenious_")}


def given_codes() -> set[str]:
    """The codes that are given as an argument: `doctor` names one for a check that failed."""
    calls = (
        node
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "code"
    )
    texts = (text for call in calls for text in ast.walk(call.value))
    values = {node.value for node in texts if isinstance(node, ast.Constant)}
    return {value for value in values if isinstance(value, str)}


def foreign_codes() -> set[str]:
    others = (
        click.UsageError("x"),
        NotConfirmed(),
        click.ClickException("x"),
        OSError(2, "gone"),
        RuntimeError("x"),
    )
    return {describe(error)["code"] for error in others}


def test_every_code_is_explained_and_no_other() -> None:
    codes = (
        {kind.code for kind in kinds()}
        | given_codes()
        | foreign_codes()
        | {LOST_HEAD, DANGLING_LABEL}
    )
    assert len(codes) > 45
    for code in codes:
        [entry] = (entry for entry in find(code) if entry.page == "errors")
        assert entry.cells["when"], code
        assert entry.cells["what to do"], code
    on_the_page = {
        entry.cells["code"].strip("`")
        for entry in entries()
        if entry.page == "errors" and entry.names
    }
    assert on_the_page == codes


def test_every_setting_every_check_and_every_alert_is_found(cli: Cli) -> None:
    for key in KEYS:
        [entry] = find(key)
        assert entry.page == "configuration"
        assert find(entry.cells["variable"].strip("`")) == [entry]
    assert find("data.preconditions")[0].cells["what it finds"]
    for alert in ALERTS:
        assert f"`{alert.name}`" in cli("explain", alert.name).stdout


def test_a_flat_key_says_what_it_stands_for(cli: Cli) -> None:
    for name in ("storage.account_name", "INGENIOUS_STORAGE__ACCOUNT_NAME"):
        alias, entry = find(name)
        assert alias.cells["means"] == "as `storage.azure.account_name`"
        assert [entry] == find("storage.azure.account_name")
        assert "3 to 24 lower-case letters" in cli("explain", name).stdout


def test_a_code(cli: Cli) -> None:
    shown = cli("explain", "commit_unknown").stdout
    assert "error: `CommitUnknownError`\n" in shown
    assert "what to do: " in shown
    assert "**`CommitUnknownError`.** " in shown
    assert "**`CorruptObjectError`.**" not in shown
    assert shown.endswith("page: errors\n")
    assert cli("explain", "CommitUnknownError").stdout == shown
    [entry] = cli.data("explain", "commit_unknown")["entries"]
    assert entry["names"] == ["CommitUnknownError", "commit_unknown"]


def test_a_page_is_printed_as_it_is(cli: Cli) -> None:
    text = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
    assert cli("explain", "errors").stdout == text
    assert cli.data("explain", "errors") == {"page": "errors", "text": text}
    assert cli("explain", "readme").stdout.startswith("# ingenious-storage\n")
    assert cli("explain", "conflicts").stdout.startswith("# Writers are in each other's way")


def test_the_list(cli: Cli) -> None:
    data = cli.data("explain")
    assert {"not_found", "plan_mismatch", "usage", "preconditions_ignored"} < set(data["codes"])
    assert {"configuration", "errors", "throttled"} < set(data["pages"])
    assert cli("explain").stdout.startswith("storage_error\t")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("storage.timeot", "Did you mean storage.timeout"),
        ("comit_unknown", "Did you mean commit_unknown"),
        ("", "`ingenious-storage explain` lists"),
        ("\x1b[31m" * 40, "`ingenious-storage explain` lists"),
    ],
)
def test_what_no_page_is_about(name: str, hint: str) -> None:
    with pytest.raises(NotFoundError, match="no page is about") as caught:
        find(name)
    assert caught.value.hint.startswith(hint)


def test_nothing_that_a_user_reads_names_a_file_that_the_package_lacks() -> None:
    for path in SOURCES:
        for text in texts(ast.parse(path.read_text(encoding="utf-8"))):
            assert not re.search(r"(docs|ops|examples|tests|benchmarks)/[\w/-]+\.\w", text), path


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text but docstrings."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in docstrings:
            yield str(node.value)  # type: ignore[attr-defined]
