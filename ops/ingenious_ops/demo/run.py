"""Run of the demo: a folder is prepared, the steps are run, and what to do next is said."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Final

from ingenious_ops.demo.memory_steps import CHAT, go_on, roll_back, write_at_once
from ingenious_ops.demo.prompt_steps import SET, change_prompts, pin, roll_out
from ingenious_ops.demo.scene import Scene
from ingenious_ops.demo.stage import Stage
from ingenious_ops.demo.storage_steps import bring_in, check, show_what_is_stored
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.whole_files import write_file

FOLDER: Final = Path(".demo")
WORKSPACE: Final = Path("examples", "workspace")
STEPS: Final = (
    bring_in,
    pin,
    change_prompts,
    roll_out,
    go_on,
    roll_back,
    write_at_once,
    check,
    show_what_is_stored,
)
_NEXT: Final = (
    f"ingenious-storage prompts history {SET}",
    f"ingenious-storage memory show {CHAT}",
    "ingenious-storage --help",
)
_MARKER: Final = "made-by-ingenious-storage-demo"


def main() -> None:
    """Play the demo with the workspace of the checkout. Raises: SystemExit without one."""
    workspace = Path(__file__).parents[3] / WORKSPACE
    if not workspace.is_dir():
        sys.exit(f"error: the demo needs a checkout of the project: there is no {WORKSPACE}")
    if workspace.is_relative_to(Path.cwd()):
        workspace = workspace.relative_to(Path.cwd())
    play(Stage(), workspace)


def play(stage: Stage, workspace: Path) -> None:
    """The whole demo, in the current folder."""
    started = time.monotonic()
    config = prepare(FOLDER)
    setup = [*_activation(), f"export INGENIOUS_CONFIG={config.as_posix()}"]
    stage.title("ingenious-storage: what a support desk's agents say and remember, versioned")
    stage.say(
        f"On a plain folder, without an account: {FOLDER}, which starts empty each time. Each "
        "step shows the command that does the same, in a shell with"
    )
    for command in setup:
        stage.command(command)
    # Not from the environment, which may well name an account.
    settings = Settings(StorageSettings(type="local", base_path=FOLDER / "data"))
    with Storage(settings) as storage:
        scene = Scene(stage, storage, FOLDER, workspace)
        for step in STEPS:
            step(scene)
    stage.section(
        "Your turn", f"That took {time.monotonic() - started:.1f} s. What is stored stays."
    )
    for command in (*setup, *_NEXT):
        stage.command(command)


def prepare(folder: Path) -> Path:
    """An empty folder with a configuration that stores below it; a folder of others is safe."""
    if folder.exists() and not (folder / _MARKER).is_file():
        sys.exit(f"error: {folder} is there, and the demo did not make it: move it away")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / _MARKER).touch()
    write_file(folder / ".gitignore", "*\n")
    config = folder / "config.yml"
    text = f"storage:\n  type: local\n  base_path: {json.dumps((folder / 'data').as_posix())}\n"
    write_file(config, text)
    return config


def _activation() -> list[str]:
    """How a shell finds the command, when it is in a virtual environment below this folder."""
    prefix, here = Path(sys.prefix), Path.cwd()
    if sys.prefix == sys.base_prefix or not prefix.is_relative_to(here):
        return []
    return [f". {(prefix.relative_to(here) / 'bin' / 'activate').as_posix()}"]
