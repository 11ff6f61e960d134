"""`storage.base_path`: what cannot be a folder is refused before anything is made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_storage import Storage
from ingenious_storage.errors import UnavailableError
from tests.library.config.conftest import Load
from tests.library.config.refusals import CANARY, refused


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"https://contosoagents.blob.core.windows.net/{CANARY}", "a URL"),
        ("az://container/folder", "a URL"),
        ("file:///srv/data", "a URL"),
        (Path("https://x.example/y"), "a URL"),
        ("/srv/a\0b", "a control character"),
        ("/srv/a\nb", "a control character"),
        ("/proc/agents", "/proc belongs to the kernel"),
        ("/srv/../sys/agents", "/sys belongs to the kernel"),
        ("/dev/sda/agents", "/dev belongs to the kernel"),
        ("$HOME/agents", "a variable that nobody has replaced"),
        ("${HOME}/agents", "a variable that nobody has replaced"),
        ("%APPDATA%/agents", "a variable that nobody has replaced"),
        (Path("/srv/\ud800"), "a path that this system cannot encode"),
    ],
)
def test_what_is_no_folder_is_refused(load: Load, path: str | Path, said: str) -> None:
    refused(
        lambda: load(overrides={"storage.base_path": path}), "storage.base_path (argument): ", said
    )


@pytest.mark.parametrize(
    "path",
    ["data", ".", "/srv/agents", "C:/agents", "C:\\agents", "/dev/shm/x", "proc/x", "a:b/c$"],
)
def test_what_is_one_is_taken(load: Load, path: str) -> None:
    assert load(overrides={"storage.base_path": path}).storage.base_path == Path(path)


def test_a_folder_that_takes_no_folders_is_an_error_of_the_store(
    tmp_path: Path, load: Load
) -> None:
    """What /proc does, behind a link."""
    (tmp_path / "link").symlink_to("/proc/self")
    place = tmp_path / "link" / "agents"
    settings = load(overrides={"storage.base_path": place, "storage.retry.deadline": 1})
    with Storage(settings) as storage, pytest.raises(UnavailableError, match="No such file"):
        storage.data.save_text("a", "b")
