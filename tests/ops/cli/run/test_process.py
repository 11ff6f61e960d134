"""As a process: interrupts, broken pipes, terminals, `python -m`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.storage import Storage
from tests.ops.cli.harness import SCRIPT, run_script

pytestmark = pytest.mark.slow

pty = pytest.importorskip("pty")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return tmp_path


def on_terminal(*args: str, cwd: Path, typed: bytes = b"") -> tuple[int, str]:
    """Run with a terminal as all three streams; the exit code and all that it shows."""
    main, side = pty.openpty()
    with subprocess.Popen(
        [SCRIPT, *args], cwd=cwd, stdin=side, stdout=side, stderr=side
    ) as process:
        os.close(side)
        os.write(main, typed)
        shown = b""
        while True:
            try:
                chunk = os.read(main, 65536)
            except OSError:  # the other side is closed
                break
            if not chunk:
                break
            shown += chunk
    os.close(main)
    return process.returncode, shown.decode()


def test_python_m(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ingenious_ops", "memory", "nope"],
        cwd=home,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"Try `ingenious-storage memory --help`." in done.stderr


def test_a_pipe(home: Path) -> None:
    saved = run_script("memory", "save", "c", cwd=home, stdin=b'{"a": 1}')
    assert (saved.returncode, saved.stdout) == (0, b"")
    shown = run_script("memory", "show", "c", cwd=home)
    assert shown.stdout.replace(b"\r", b"") == b'{\n  "a": 1\n}\n'


@pytest.mark.parametrize("more", [(), ("--json",)])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_broken_pipe_is_silent(
    home: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], unbuffered: str
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    run_script("memory", "save", "c", cwd=home, stdin=b'"' + b"x" * 1_000_000 + b'"')
    with subprocess.Popen(
        [SCRIPT, "memory", "show", "c", *more],
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_a_pipe_that_is_closed_at_once(home: Path) -> None:
    run_script("memory", "save", "c", cwd=home, stdin=b"1")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [SCRIPT, "memory", "show", "c"], cwd=home, stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


WAITING = """
import sys
from ingenious_ops.cli import inputs, main
read = inputs.read_stream
def told(*args):
    print("begun", file=sys.stderr, flush=True)
    return read(*args)
inputs.read_stream = told
main()
"""


def test_an_interrupt_while_it_waits_for_input(home: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WAITING, "memory", "save", "c"],
        cwd=home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"begun\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=100)
    assert (process.returncode, out, err.strip()) == (130, b"", b"")
    assert not (home / "data").exists()


SLOW = """
import sys, time
from ingenious_ops.cli import main
from ingenious_storage.file_storage import FileStorage
load = FileStorage.load_blob
def slow(self, *args, **kwargs):
    print("begun", file=sys.stderr, flush=True)
    time.sleep(1.5)
    return load(self, *args, **kwargs)
FileStorage.load_blob = slow
main()
"""


@pytest.mark.parametrize("args", [("verify",), ("memory", "export", "out")])
def test_an_interrupt_of_long_work(home: Path, args: tuple[str, ...]) -> None:
    with Storage(Settings(StorageSettings(base_path=home / "data"))) as storage:
        storage.memory.save_many({str(number): number for number in range(1000)})
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, *args],
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"begun")
        process.send_signal(signal.SIGINT)
        asked = time.monotonic()
        _, err = process.communicate(timeout=100)
    assert process.returncode == 130
    assert time.monotonic() - asked < 60  # all of it takes a minute and a half
    assert b"Traceback" not in err


def test_a_terminal_gets_columns_and_colours(home: Path) -> None:
    for number in (b'{"n": 1}', b'{"n": 2}'):
        run_script("memory", "save", "c", "-m", "why", cwd=home, stdin=number)
    code, shown = on_terminal("memory", "history", "c", cwd=home)
    assert code == 0
    assert "revision" in shown
    assert "created" in shown
    code, shown = on_terminal("memory", "diff", "c", cwd=home)
    assert '\x1b[32m+  "n": 2\x1b[0m' in shown
    code, shown = on_terminal("memory", "show", "nobody", cwd=home)
    assert code == 3
    assert "\x1b[31m" in shown


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_color(home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    for number in (b'{"n": 1}', b'{"n": 2}'):
        run_script("memory", "save", "c", cwd=home, stdin=number)
    for args in (("memory", "diff", "c"), ("memory", "show", "x"), ("memory", "save")):
        assert "\x1b[3" not in on_terminal(*args, cwd=home)[1]
    assert "\x1b[3" not in on_terminal("memory", "history", "c", cwd=home)[1]


def test_a_terminal_is_asked(home: Path) -> None:
    run_script("memory", "save", "c", cwd=home, stdin=b"1")
    code, shown = on_terminal("memory", "purge", "c", cwd=home, typed=b"n\n")
    assert code == 1
    assert "for good? [y/N]" in shown
    assert "nothing was changed" in shown
    code, shown = on_terminal("memory", "purge", "c", cwd=home, typed=b"y\n")
    assert code == 0
    assert "purged c" in shown


def test_a_terminal_without_a_file_is_wrong_usage(home: Path) -> None:
    code, shown = on_terminal("memory", "save", "c", cwd=home)
    assert code == 2
    assert "give a FILE, or - for standard input" in shown


def test_a_progress_bar_leaves_nothing_behind(home: Path) -> None:
    run_script("memory", "save", "c", cwd=home, stdin=b"1")
    code, shown = on_terminal("memory", "export", "out", cwd=home)
    assert code == 0
    assert "exporting" in shown
    assert shown.rstrip().endswith("1 conversation: 1 written")
    _, quiet = on_terminal("memory", "export", "out2", "-q", cwd=home)
    assert quiet == ""


_DROPPED = """
import sys, time, weakref
from ingenious_ops import cli

class Module: pass

def callback(_):
    raise KeyboardInterrupt

sys.unraisablehook = cli._not_lost
module = Module()
watched = weakref.ref(module, callback)
try:
    del module
    time.sleep(60)
except KeyboardInterrupt:
    print("heard")
"""


def test_an_interrupt_that_python_drops_comes_again() -> None:
    """As in importlib's own callbacks: CPython 3.11 reports it and goes on."""
    done = subprocess.run(
        [sys.executable, "-c", _DROPPED], capture_output=True, text=True, check=True, timeout=55
    )
    assert (done.stdout, done.stderr) == ("heard\n", "")


def test_cat_spares_a_terminal_what_is_no_text(home: Path) -> None:
    with Storage.from_config(overrides={"storage.base_path": str(home / "data")}) as storage:
        storage.data.save_text("text", "w\u00f6rds " * 2000)
        storage.data.save_bytes("binary", b"\x1b[2J" + bytes(9000))
    code, shown = on_terminal("cat", "text", cwd=home)
    assert (code, shown) == (0, "w\u00f6rds " * 2000)
    code, shown = on_terminal("cat", "binary", cwd=home)
    assert (code, "\x1b[2J" in shown, "--force" in shown) == (2, False, True)
    code, shown = on_terminal("cat", "binary", "--force", cwd=home)
    assert (code, "\x1b[2J" in shown) == (0, True)
