"""A stack from its first preview to its end, by the real engine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infra.cli.conftest import MAIN, Tiny
from tests.ops.cli.run.test_process import on_terminal
from tests.ops.cli.test_json_contract import INFRA

DEV = ("--stack", "dev")


def run(tiny: Tiny, *command: str, code: int = 0) -> dict[str, Any]:
    """The `data` of a command, which has the keys that docs/cli.md promises."""
    data: dict[str, Any] = tiny.cli.data("infra", *command, *DEV, code=code)
    assert set(data) == dict(INFRA)[f"infra {command[0]}"]
    assert data["stack"] == "dev"
    return data


def rows(data: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((each["change"], each["name"]) for each in data["resources"])


@pytest.mark.slow
def test_from_preview_to_destroy(tiny: Tiny) -> None:
    tiny.configure("dev", a={"size": 1}, b={"size": 2})
    planned = run(tiny, "preview")
    assert rows(planned) == [("create", name) for name in ("a", "b", "room", "tiny-dev")]
    assert tiny.world == {}

    done = run(tiny, "up", "--yes")
    assert done["changes"] == planned["changes"] == {"create": 4}
    assert done["outputs"] == {"environment": "dev", "count": 2, "secret": "[secret]"}
    assert tiny.world == {"a": {"size": 1}, "b": {"size": 2}}

    again = run(tiny, "up", "--yes")
    assert again["resources"] == []
    assert again["changes"] == {"same": 4}

    tiny.configure("dev", a={"size": 3}, b={"size": 2})
    [changed] = run(tiny, "preview")["resources"]
    assert (changed["change"], changed["name"], changed["properties"]) == ("update", "a", ["size"])
    assert changed["type"] == "tiny:index:Thing"

    gone = run(tiny, "destroy", "--yes")
    assert gone["changes"] == {"delete": 4}
    assert tiny.world == {}
    assert run(tiny, "outputs") == {"stack": "dev", "outputs": {}}


@pytest.mark.slow
def test_drift_is_found_and_refresh_accepts_it(tiny: Tiny) -> None:
    tiny.configure("dev", a={"size": 1}, b={"size": 2})
    tiny.cli("infra", "up", *DEV, "--yes")
    assert run(tiny, "drift")["drifted"] is False

    tiny.change_world({"a": {"size": 9}})
    found = run(tiny, "drift", code=5)
    assert found["drifted"] is True
    assert rows(found) == [("delete", "b"), ("update", "a")]
    told = tiny.cli("infra", "drift", *DEV, code=5)
    assert "update\ttiny:index:Thing\ta" in told.stdout
    assert told.stderr.endswith("dev: 2 resources drifted\n")

    assert rows(run(tiny, "refresh")) == [("delete", "b"), ("update", "a")]
    assert run(tiny, "drift")["drifted"] is False
    assert tiny.world == {"a": {"size": 9}}
    tiny.cli("infra", "up", *DEV, "--yes")
    assert tiny.world == {"a": {"size": 1}, "b": {"size": 2}}


@pytest.mark.slow
def test_a_replacement_is_one_line(tiny: Tiny) -> None:
    tiny.configure("dev", a={"kind": "x"})
    tiny.cli("infra", "up", *DEV, "--yes")
    tiny.configure("dev", a={"kind": "y"})
    assert rows(run(tiny, "preview")) == [("replace", "a")]
    shown = tiny.cli("infra", "up", *DEV, "--yes").stderr
    assert "! replace tiny:index:Thing a: kind\n" in shown
    assert "! replaced tiny:index:Thing a" in shown


@pytest.mark.slow
def test_what_people_see(tiny: Tiny) -> None:
    tiny.configure("dev", a={"size": 1})
    preview = tiny.cli("infra", "preview", *DEV)
    assert "create\ttiny:index:Thing\ta\t\n" in preview.stdout
    up = tiny.cli("infra", "up", *DEV, "--yes")
    assert "+ create tiny:index:Thing a\n" in up.stderr
    assert "+ created tiny:index:Thing a (" in up.stderr
    assert up.stdout == "count\t1\nenvironment\tdev\nsecret\t[secret]\n"
    assert tiny.cli("infra", "outputs", *DEV, "-q").stdout == up.stdout
    gone = tiny.cli("infra", "destroy", *DEV, "--yes").stderr
    assert "- deleted tiny:index:Thing a (" in gone
    assert gone.endswith("dev, done: 3 delete\n")


@pytest.mark.slow
def test_no_secret_is_shown(tiny: Tiny) -> None:
    tiny.configure("dev", a={"code": "hunter3"})
    shown = tiny.cli("infra", "up", *DEV, "--yes", "-v").output
    tiny.configure("dev", a={"code": "hunter4"})
    for args in (["preview"], ["up", "--yes"], ["outputs"], ["drift"]):
        shown += json.dumps(tiny.cli.json("infra", *args, *DEV))
    assert tiny.world == {"a": {"code": "hunter4"}}
    assert "hunter" not in shown


@pytest.mark.slow
def test_a_failure_in_the_middle_is_completed_by_the_next_up(tiny: Tiny) -> None:
    tiny.configure("dev", a={"size": 1}, b={"size": 2, "refuse": True})
    error = tiny.cli.error("infra", "up", *DEV, "--yes", code=1)
    assert error["code"] == "infra_failed"
    assert error["message"] == "b: Code=NoSuchSku Message= b is refused"
    assert tiny.world == {"a": {"size": 1}}
    tiny.configure("dev", a={"size": 1}, b={"size": 2})
    assert ("create", "b") in rows(run(tiny, "up", "--yes"))
    assert tiny.world == {"a": {"size": 1}, "b": {"size": 2}}


def test_a_first_preview_makes_the_stack_and_nothing_else(tiny: Tiny) -> None:
    preview = tiny.cli("infra", "preview", *DEV)
    assert (
        preview.stdout
        == "create\tpulumi:pulumi:Stack\ttiny-dev\t\ncreate\ttiny:index:Room\troom\t\n"
    )
    assert preview.stderr == "dev: 2 create\n"
    assert run(tiny, "outputs") == {"stack": "dev", "outputs": {}}


@pytest.mark.slow
def test_what_the_program_prints_does_not_spoil_the_answer(tiny: Tiny) -> None:
    tiny.program("import pulumi\nprint('chatter')\npulumi.log.warn('careful')\n")
    result = tiny.cli("infra", "preview", *DEV)
    assert result.stdout == "create\tpulumi:pulumi:Stack\ttiny-dev\t\n"
    assert "warning: careful\n" in result.stderr


@pytest.mark.slow
def test_a_terminal_is_shown_the_plan_and_asked(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    folder = tiny.cli.folder
    code, shown = on_terminal("infra", "up", *DEV, cwd=folder, typed=b"n\n")
    assert code == 1
    assert "previewing dev" in shown
    assert "\x1b[32m+\x1b[0m create tiny:index:Room room" in shown
    assert "Update dev? [y/N]" in shown
    assert "nothing was changed" in shown
    code, shown = on_terminal("infra", "up", *DEV, cwd=folder, typed=b"y\n")
    assert code == 0
    # The moving line is wiped before a line is written for good.
    assert "\x1b[2K\x1b[32m+\x1b[0m created tiny:index:Room room (" in shown
    assert "dev, done: 2 create" in shown


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wanted", "change", "paths"),
    [
        ({"size": 2}, "update", "extra, size"),
        ({"size": 1, "extra": 5, "kind": "x"}, "replace", "kind"),
    ],
)
def test_an_import_that_would_change_anything_is_warned_of(
    tiny: Tiny, wanted: dict[str, Any], change: str, paths: str
) -> None:
    options = "properties, pulumi.ResourceOptions(import_=name))\n"
    tiny.program(MAIN.replace("properties)\n", options))
    world = {"live": {"size": 1, "extra": 5}, "alike": {"size": 1}}
    tiny.change_world(world)
    tiny.configure("dev", live=wanted, alike={"size": 1})
    warning = (
        "warning: tiny:index:Thing live would be imported and the live resource then changed "
        f"({change}: {paths}); give it the inputs that it has"
    )
    warned = [
        line
        for line in tiny.cli("infra", "preview", *DEV).stderr.splitlines()
        if "would be imported" in line
    ]
    assert warned == [warning]
    found = tiny.cli.data("infra", "preview", *DEV)["resources"]
    assert {each["name"] for each in found if each["adopted"]} == {"live"}
    assert tiny.world == world
    if change == "update":  # what the warning is about: it ends with 0
        assert warning in tiny.cli("infra", "up", *DEV, "--yes").stderr
        assert tiny.world == {"live": wanted, "alike": {"size": 1}}
