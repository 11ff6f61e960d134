"""Output of doctor: for people, for programs, and for a ticket."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from ingenious_ops.cli.commands import doctor
from ingenious_ops.doctor.model import Status
from ingenious_ops.doctor.places import without_password
from tests.ops.doctor.bench import Bench
from tests.ops.doctor.test_healthy import check
from tests.support.credentials import FakeCredential
from tests.support.servers.azurite import Azurite

RUN = ("doctor", "--profile", "cloud")


def test_sections_marks_and_what_to_do_next(bench: Bench) -> None:
    bench.with_sas("rl")
    bench.write_profiles()
    result = bench.cli(*RUN, code=1)
    lines = result.stdout.splitlines()
    sections = [line for line in lines if line.startswith("[")]
    assert sections == [
        "[ok] Configuration",
        "[ok] Network",
        "[ok] Service",
        "[ok] Credential",
        f"[x] Container {bench.storage['container_data']} (data)",
        f"[x] Container {bench.storage['container_revisions']} (revisions)",
        "[ok] Layers",
        "[-] Account",
    ]
    at = next(index for index, line in enumerate(lines) if "[x] create:" in line)
    assert "403 AuthorizationPermissionMismatch" in lines[at]
    assert lines[at + 1].startswith("        next: The SAS does not allow this")
    assert '    [-] overwrite: skipped, because "create" did not pass' in lines
    assert re.fullmatch(
        r"\d+ passed, 0 warnings, \d failures, \d+ skipped, in .* s\n", result.stderr
    )


def test_quiet_says_only_what_is_wrong(bench: Bench) -> None:
    bench.with_sas("rl")
    bench.write_profiles()
    said = bench.cli(*RUN, "-q", code=1)
    assert "[ok]" not in said.stdout
    assert "[-]" not in said.stdout
    assert "[x] create" in said.stdout
    assert said.stderr == ""
    assert bench.cli("doctor", "-q").stdout.count("\n") == 6, "two containers that are not there"


def test_verbose_says_where_the_values_are_from(bench: Bench) -> None:
    bench.with_key()
    bench.write_profiles()
    shown = bench.cli(*RUN, "-v").stdout
    assert re.search(r"storage.account_key = \*\*\* \(profiles.yml:\d+\)", shown)
    assert "storage.account_key" not in bench.cli(*RUN).stdout.partition("Network")[0]


def test_what_json_says_of_a_check(bench: Bench) -> None:
    report = bench.report(0)
    for each in report["checks"]:
        assert set(each) == {
            "name",
            "section",
            "title",
            "status",
            "summary",
            "details",
            "hint",
            "code",
            "because",
            "seconds",
        }
    assert report["status"] == "warn"
    assert {"python", "system", "ingenious-storage"} <= set(report["environment"])


class _Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "encoding", "mark"),
    [
        (_Terminal, "utf-8", "[\u2713]"),
        (_Terminal, "ascii", "[ok]"),
        (io.TextIOWrapper, "utf-8", "[ok]"),
    ],
)
def test_ticks_where_they_can_be_shown(
    stream: type[io.TextIOWrapper], encoding: str, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stdout", stream(io.BytesIO(), encoding=encoding))
    assert doctor._mark(Status.PASS) == mark


def test_a_ticket_holds_what_helps_and_no_secret(bench: Bench) -> None:
    bench.with_key()
    bench.storage["account_key"] = "QUJDREVGR0g="
    bench.patch.setenv("NO_PROXY", "127.0.0.1")
    bench.patch.setenv("HTTPS_PROXY", "http://ann:hunter2@proxy.example:3128")
    bench.patch.setenv("AZURE_CLIENT_SECRET", "hunter3")
    bench.write_profiles()
    block = bench.cli(*RUN, "--ticket", code=1).stdout
    assert block.startswith("```text\ningenious-storage doctor\n")
    assert block.endswith("```\n")
    for wanted in (
        "azure-storage-blob: 12.",
        "python: 3.",
        "HTTPS_PROXY: http://***@proxy.example:3128",
        "AZURE_CLIENT_SECRET: set",
        "profile: cloud",
        "storage.account_key = ***",
        "fail accepted: get",
        "[permission_denied]",
    ):
        assert wanted in block, wanted
    assert not re.search("hunter|QUJDREVGR0g", block)
    assert str(bench.cli.folder.parent) not in block, "the home of the user"
    assert bench.report(1)["ticket"] is None
    bench.options = ["--ticket"]
    assert bench.report(1)["ticket"].startswith("```text\n")


def leaks(bench: Bench, *secrets: str, code: int) -> Any:
    bench.write_profiles()
    for options in ([], ["-v"], ["--json"], ["--ticket"], ["--debug", "-v"]):
        said = bench.cli(*RUN, *options, code=code).output
        assert [secret for secret in secrets if secret in said] == []


def test_no_key_in_any_output(bench: Bench) -> None:
    bench.with_key()
    leaks(bench, Azurite.account_key, code=0)


def test_no_signature_in_any_output(bench: Bench) -> None:
    sas = bench.with_sas("rl")
    leaks(bench, sas.partition("sig=")[2].partition("&")[0], code=1)


def test_no_token_in_any_output(bench: Bench) -> None:
    bench.with_identity(FakeCredential(claims={"canary": "0123456789"}))
    head, payload, sign = FakeCredential(claims={"c": "d"}).get_token("s").token.split(".")
    leaks(bench, head, payload[:40], sign, code=0)


def test_no_password_of_a_proxy(bench: Bench) -> None:
    bench.with_identity(FakeCredential())
    bench.patch.setenv("HTTPS_PROXY", f"http://ann:hunter2@127.0.0.1:{bench.closed_port()}")
    leaks(bench, "hunter2", code=1)


def test_a_proxy_is_named_without_its_password(bench: Bench) -> None:
    assert without_password("http://u:p@[::1]:3128/x?y") == "http://***@[::1]:3128"
    bench.with_identity(FakeCredential())
    proxy = bench.before(bench.stores[0])
    bench.patch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.azurite.port}")
    assert "by the environment" in check(bench.report(1), "proxy")["summary"]


@pytest.mark.parametrize("value", ["0", "-1", "soon", "1e9"])
def test_a_time_that_is_none(bench: Bench, value: str) -> None:
    bench.cli("doctor", "--timeout", value, code=2)
