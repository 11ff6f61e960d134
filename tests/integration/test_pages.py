"""The pages in docs/: their links lead somewhere, and their commands run as a reader types them."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ingenious_ops.cli.app import NAME
from ingenious_storage.backends.azure.error_codes import rule_for as azure_rule
from ingenious_storage.backends.gcs.reasons import rule_for as gcs_rule
from ingenious_storage.backends.s3.error_codes import rule_for as s3_rule
from tests.ops.cli.test_hints import GROUPS, check
from tests.support.page import ROOT, Page, containers, type_in
from tests.support.semgrep import needs_semgrep, with_semgrep
from tests.support.servers.azurite import Azurite
from tests.support.servers.fake_gcs import GcsServer
from tests.support.servers.s3 import S3Server

PAGES = [Page(str(path.relative_to(ROOT))) for path in sorted((ROOT / "docs").rglob("*.md"))]
TUTORIAL = Page("docs/tutorial.md")
SHORT = [Page(f"docs/{name}.md") for name in ("troubleshooting", "upgrade")]
SECURITY = Page("docs/security.md")
STORES = Page("docs/stores.md")
DEPLOYMENT = Page("docs/deployment.md")
CONTRIBUTING = Page("CONTRIBUTING.md")
NOT_HERE = ("pip ", "npx ", "uvicorn ", "weed ", "docker ")
"""Fetches something, or does not end. test_readme.py and deployment/ beside this have them."""


@pytest.mark.parametrize("page", [*PAGES, CONTRIBUTING], ids=lambda page: page.name)
def test_the_links_lead_somewhere(page: Page) -> None:
    assert page.broken_links() == []


def test_the_readme_names_every_page() -> None:
    readme = Page("README.md").text
    assert [page.name for page in PAGES if f"]({page.name})" not in readme] == []


def test_the_code_of_the_architecture_runs(tmp_path: Path) -> None:
    found: dict[str, Any] = {}
    for block in Page("docs/architecture.md").blocks("python"):
        exec(compile(block, "docs/architecture.md", "exec", dont_inherit=True), found)
    settings = SimpleNamespace(section=lambda model: model(path=tmp_path))
    backend = found["SwapCase"](found["STORE"].open(settings, "container"))
    backend.ensure_container()
    backend.put("k", b"Text")
    assert backend.get("k").data == b"Text"
    assert (tmp_path / "container/k").read_bytes() == b"tEXT"


def test_the_targets_and_folders_that_contributors_read_of_are_there() -> None:
    targets = re.findall(
        r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    named = re.findall(r"`(?:\$ )?make ([a-z-]+)", CONTRIBUTING.text)
    assert len(named) > 10
    assert set(named) - set(targets) == set()
    folders = re.findall(r"`(tests/[\w/]+)`", CONTRIBUTING.text)
    assert len(folders) > 5
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []


def test_the_rooms_of_the_architecture_are_there() -> None:
    rooms = Page("docs/architecture.md").text.partition("## Where to look")[2].partition("\n## ")[0]
    named = re.findall(r"`((?:ingenious_storage|ops|infra|tests)/[\w/.]+)`", rooms)
    assert len(named) > 12
    assert [room for room in named if not (ROOT / room).exists()] == []


def environ() -> dict[str, str]:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return {**os.environ, "PATH": path}


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_tutorial(tmp_path: Path, azurite: Azurite, container_name: str) -> None:
    """In an empty folder, its emulator being this test's. Its code is saved where it says so."""
    (tmp_path / "desk").mkdir()
    for block in TUTORIAL.blocks("python"):
        name, _, code = block.removeprefix("# ").partition("\n")
        (tmp_path / "desk" / name).write_text(code, encoding="utf-8")
    typed = [command for command in TUTORIAL.commands if not command.startswith(NOT_HERE)]
    assert typed[0] == "mkdir desk && cd desk"
    typed[0] = "cd desk"
    assert len(typed) > 25
    variables = {
        **environ(),
        "AZURE_STORAGE_CONNECTION_STRING": azurite.connection_string,
        **containers(container_name),
    }
    printed = type_in(typed, tmp_path, variables, timeout=1100)
    assert "\n8\n" in printed.partition("+ python -m pytest")[0]  # messages of four processes
    assert "1 passed" in printed
    assert "0 problems" in printed
    assert "You sort tickets, and you are brief." in printed
    desk = tmp_path / "desk"
    assert {"config.yml", "data", "program", "monitoring"} <= {path.name for path in desk.iterdir()}


@pytest.mark.slow
@needs_semgrep
@pytest.mark.parametrize("page", SHORT, ids=lambda page: page.name)
def test_the_commands_of_the_short_pages(page: Page, tmp_path: Path) -> None:
    typed = [command for command in page.commands if not command.startswith(NOT_HERE)]
    assert typed
    with_it = {**environ(), "PATH": with_semgrep(environ()["PATH"])}
    printed = type_in(["ingenious-storage init", *typed], tmp_path, with_it)
    assert printed.count("+ ingenious-storage ") == len(typed) + 1


@pytest.mark.slow
@pytest.mark.timeout(1200)
@needs_semgrep
def test_the_commands_of_the_security_page(tmp_path: Path) -> None:
    """The ceremony, and the drills that break something: what they say is what happens."""
    typed = [command for command in SECURITY.commands if not command.startswith(NOT_HERE)]
    assert len(typed) > 25
    with_it = {**environ(), "PATH": with_semgrep(environ()["PATH"])}
    printed = type_in(["ingenious-storage init", *typed], tmp_path, with_it, timeout=1100)
    assert "\nnothing in the store can be read\n" in printed
    assert "\nrefused, as it should be\n" in printed
    assert "\nno second key file\n" in printed
    assert "key_destroyed" in printed.partition("its key is gone")[0]
    assert printed.count("the code is 4711") >= 2  # after each of the disasters
    assert printed.count(": 0 problems, 0 strays") == 5
    assert "[ok] Layers" in printed
    assert "0 warnings, 0 failures" in printed.partition("[ok] Layers")[2]
    assert "\nthe copy still has the key\n" in printed
    assert "passed: 1 document, 1 blob of the copy tried, 0 problems" in printed


@pytest.mark.slow
def test_the_commands_of_the_deployment(tmp_path: Path) -> None:
    install, serve, *typed = DEPLOYMENT.commands
    shutil.copytree(ROOT / "examples" / "deploy", tmp_path / "examples" / "deploy")
    assert install == "pip install '.[ops]' -r examples/deploy/requirements.txt"
    # It ends by itself where it cannot listen; tests/integration/deployment lets it serve.
    refused = serve.replace("--port 8000", "--host 192.0.2.1 --port 8000")
    assert refused != serve
    printed = type_in([f"{refused} || echo ended", *typed], tmp_path, environ())
    assert "Application startup complete" in printed
    assert "2 warnings, 0 failures" in printed  # the first save makes the containers


@pytest.mark.slow
def test_the_commands_of_the_stores(
    tmp_path: Path, seaweedfs: S3Server, fake_gcs: GcsServer, container_name: str
) -> None:
    """Both servers as the page has them, but for their ports, and for keys that are looked at."""
    typed = [command for command in STORES.commands if not command.startswith(NOT_HERE)]
    servers = {
        "http://127.0.0.1:8333": seaweedfs.endpoint,
        "ACCESS_KEY_ID=any": f"ACCESS_KEY_ID={seaweedfs.access_key_id}",
        "SECRET_ACCESS_KEY=any": f"SECRET_ACCESS_KEY={seaweedfs.secret_access_key}",
        "http://127.0.0.1:4443": fake_gcs.endpoint,
    }
    for told, here in servers.items():
        assert any(told in command for command in typed)
        typed = [command.replace(told, here) for command in typed]
    printed = type_in(typed, tmp_path, {**environ(), **containers(container_name)})
    assert "0 warnings, 0 failures" in printed
    assert printed.count("appended 1 to thread-1: revision 1") == 2
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("page", [Page("README.md"), *PAGES], ids=lambda page: page.name)
def test_the_commands_in_the_text_exist(page: Page) -> None:
    prose = re.sub(r"^```.*?^```", "", page.text, flags=re.DOTALL | re.MULTILINE)
    for code in re.findall(r"`([^`]+)`", prose):
        words = code.split()
        ours = words[0] == NAME or (len(words) > 1 and words[0] in {*GROUPS, "repair", "verify"})
        if ours and len(words) > 1:
            check(" ".join(words).removeprefix(f"{NAME} "))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_that_need_azure_exist(page: Page) -> None:
    for block in page.blocks("bash"):
        for command in re.findall(r"\bingenious-storage ([^\n|;\"]+)", block.replace("\\\n", " ")):
            check(command.partition(" #")[0])


SERVICES = {"Azure": azure_rule, "S3": s3_rule, "Google Cloud Storage": gcs_rule}


@pytest.mark.parametrize("service", SERVICES)
def test_what_the_service_says_is_known(service: str) -> None:
    says = Page("docs/troubleshooting.md").text.partition("## What the service says")[2]
    rows = says.partition(f"### {service}\n")[2].partition("\n##")[0]
    codes = [line.split("`")[1] for line in rows.splitlines() if line.startswith("| `")]
    assert len(codes) >= 6
    rule_for = SERVICES[service]
    for code in codes:
        assert rule_for(418, code) != rule_for(418, "NoSuchCode"), code
