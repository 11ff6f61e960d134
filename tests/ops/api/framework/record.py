"""Record what the real framework answers: `python -m tests.ops.api.framework.record`.

Writes recorded/, a file for each arrangement: without authentication, and with it.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx2

from tests.ops.api.framework import environment, workspace
from tests.ops.api.framework.asked import RECORDED, Asked

FOLDER: Final = Path(__file__).resolve().parent / "recorded"
_SERVE: Final = Path(__file__).resolve().parent / "serve.py"
_MADE_UP: Final = re.compile(r"^[a-z]+-[a-z]+-[0-9a-f]{8}$")
_KEPT: Final = ("content-type", "www-authenticate")
_SETTINGS: Final = {
    "MODELS__0__API_KEY": "none",
    "MODELS__0__API_TYPE": "rest",
    "MODELS__0__BASE_URL": "https://model.invalid/",
    "MODELS__0__MODEL": "none",
    "CHAT_SERVICE__TYPE": "multi_agent",
    "CHAT_SERVICE__ENABLE_BUILTIN_WORKFLOWS": "false",
}
_ASKED_WHO: Final = "WEB_CONFIGURATION__AUTHENTICATION__"
_AUTHENTICATION: Final = {
    "open": {f"{_ASKED_WHO}ENABLE": "false"},
    "closed": {
        f"{_ASKED_WHO}ENABLE": "true",
        f"{_ASKED_WHO}PASSWORD": "recorded",
        f"{_ASKED_WHO}JWT_SECRET_KEY": "recorded-recorded",
    },
}


def ask(client: httpx2.Client, asked: Asked) -> dict[str, Any]:
    """The answer, as it is recorded; `client` sends over a socket, or within this process."""
    body, headers = asked.body, dict(asked.headers)
    if body is not None and asked.content_type:
        headers["content-type"] = asked.content_type
    content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.request(asked.method, asked.path, content=content, headers=headers)
    kept = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
    found = answer.json() if answer.content else None
    return {"status": answer.status_code, "headers": kept, "body": settled(found)}


def settled(body: Any) -> Any:
    """`body` with what is chance in it in one form: ids, made-up names, orders of a folder."""
    match body:
        case {"error": dict(error)}:
            return {"error": {**error, "correlation_id": type(error["correlation_id"]).__name__}}
        case {"workflows": list(workflows)}:
            return {**body, "workflows": [_sorted(each, "prompt_files") for each in workflows]}
        case {"revision_id": str(name), "copied_files": _}:
            return _sorted({**body, "revision_id": _MADE_UP.sub("made-up", name)}, "copied_files")
    return body


def _sorted(record: dict[str, Any], member: str) -> dict[str, Any]:
    return {**record, member: sorted(record[member])}


def record(arrangement: str, python: Path) -> dict[str, Any]:
    """All answers of the real framework, by the name of the request."""
    with (
        _workspace() as folder,
        served(python, folder, _AUTHENTICATION[arrangement]) as url,
        httpx2.Client(base_url=url, timeout=30) as client,
    ):
        return {asked.name: ask(client, asked) for asked in RECORDED[arrangement]}


def read(arrangement: str) -> dict[str, Any]:
    """What was recorded."""
    text = (FOLDER / f"{arrangement}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@contextmanager
def _workspace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        workspace.write(Path(folder))
        yield Path(folder)


@contextmanager
def served(python: Path, folder: Path, settings: Mapping[str, str]) -> Iterator[str]:
    """The framework on the workspace in `folder`, with settings of its own; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.set_inheritable(True)
        running = subprocess.Popen(
            [python, "-W", "ignore", _SERVE, folder, str(listener.fileno())],
            env=variables(folder, settings),
            pass_fds=(listener.fileno(),),
            stdout=subprocess.DEVNULL,
            cwd=folder,
        )
        host, port = listener.getsockname()
    try:  # what is sent before it has begun waits in the socket
        yield f"http://{host}:{port}"
    finally:
        running.terminate()
        running.wait(200)


def variables(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process of the framework."""
    own = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    named = {f"INGENIOUS_{name}": value for name, value in {**_SETTINGS, **settings}.items()}
    return {**own, "HOME": str(folder), "INGENIOUS_WORKING_DIR": str(folder), **named}


def main() -> None:
    python = environment.install()
    FOLDER.mkdir(exist_ok=True)
    for arrangement in RECORDED:
        answers = record(arrangement, python)
        text = json.dumps(answers, indent=2, ensure_ascii=False, sort_keys=True)
        (FOLDER / f"{arrangement}.json").write_text(f"{text}\n", encoding="utf-8")
        sys.stdout.write(f"recorded {len(answers)} answers: {arrangement}\n")


if __name__ == "__main__":
    main()
