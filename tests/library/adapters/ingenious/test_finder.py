"""Finder and plugin: what they load, and when. Each case is an interpreter of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[4]
PLUGIN = ROOT / "tools" / "plugin"
STORAGE_TYPE = """
import importlib, sys, types
for name in ("ingenious", "ingenious.files"):
    sys.modules[name] = package = types.ModuleType(name)
    package.__path__ = []
found = importlib.import_module("ingenious.files.ingenious_storage")
print(found.ingenious_storage_FileStorageRepository.__name__)
"""


def printed(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PLUGIN
    )
    return done.stdout.strip()


def test_importing_the_adapter_makes_the_storage_type_known() -> None:
    found = printed(f"import ingenious_storage.adapters.ingenious\n{STORAGE_TYPE}")
    assert found == "ingenious_storage_FileStorageRepository"


def test_the_plugin_makes_it_known_too() -> None:
    both = "import ingenious_storage_plugin, ingenious_storage.adapters.ingenious"
    for hook in ("import ingenious_storage_plugin", both):
        assert printed(f"{hook}\n{STORAGE_TYPE}") == "ingenious_storage_FileStorageRepository"


def test_the_plugin_loads_nothing_until_it_is_asked() -> None:
    code = "import sys; before = {*sys.modules}; import ingenious_storage_plugin, json\n"
    loaded = printed(f"import json\n{code}print(json.dumps([*{{*sys.modules}} - before]))")
    assert json.loads(loaded) == ["ingenious_storage_plugin"]


def test_the_adapter_loads_neither_framework_nor_storage_until_it_is_asked() -> None:
    code = "import sys, ingenious_storage.adapters.ingenious\nprint(*sys.modules)"
    loaded = printed(code).split()
    assert "ingenious" not in loaded
    assert not {"ingenious_storage.storage", "pydantic", "orjson"} & {*loaded}


def test_installing_again_changes_nothing_and_it_is_the_last() -> None:
    code = """
import sys
from ingenious_storage.adapters.ingenious import finder
finder.install()
assert sys.meta_path.count(finder.Finder) == 1 and sys.meta_path[-1] is finder.Finder
print(finder.Finder.find_spec("ingenious.files.local"))
"""
    assert printed(code) == "None"


def test_without_the_framework_there_is_none() -> None:
    code = """
import importlib, ingenious_storage_plugin
try:
    importlib.import_module("ingenious.files.ingenious_storage")
except ModuleNotFoundError as error:
    print(error.name)
"""
    assert printed(code) == "ingenious"


def test_the_hook_is_one_line_that_python_runs() -> None:
    lines = (PLUGIN / "ingenious_storage_plugin.pth").read_text(encoding="utf-8").splitlines()
    assert lines == ["import ingenious_storage_plugin"]


def test_the_plugin_is_released_with_the_project() -> None:
    project, plugin = (
        tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        for folder in (ROOT, PLUGIN)
    )
    assert plugin["version"] == project["version"]
    assert plugin["dependencies"] == [f"ingenious-storage>={project['version']}"]
