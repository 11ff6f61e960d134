"""A configuration in a folder of its own, with a home and an environment of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage.config import Settings, load_settings

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """`load_settings` in `tmp_path`; the file contents are given by name."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))

    def call(
        profile: str | None = None,
        *,
        config: str | bytes | None = None,
        profiles: str | bytes | None = None,
        dotenv: str | bytes | None = None,
        environ: dict[str, str] | None = None,
        **options: Any,
    ) -> Settings:
        files = {"config.yml": config, "profiles.yml": profiles, ".env": dotenv}
        for name, content in files.items():
            if content is not None:
                data = content.encode() if isinstance(content, str) else content
                (tmp_path / name).write_bytes(data)
        return load_settings(profile, cwd=tmp_path, environ=environ or {}, **options)

    return call
