"""Plain `pulumi up` in infra/, with Pulumi's own language host."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.infra.conftest import INFRA
from tests.infra.engine.conftest import REAL
from tests.support.pulumi import LocalCloud, find_language_host

pytestmark = REAL


def test_plain_pulumi_up_and_destroy(cloud: LocalCloud, tmp_path: Path) -> None:
    host = find_language_host()
    if host is None:
        pytest.skip("there is no pulumi-language-python: `make pulumi` builds it where Go is")
    program = tmp_path / "infra"
    shutil.copytree(INFRA, program, ignore=shutil.ignore_patterns("local", "tools", "__pycache__"))
    python = Path(cloud.environment["LOCAL_AZURE_PYTHON"]).parent
    path = [str(python), cloud.environment["PATH"], str(host)]
    environment = {**os.environ, **cloud.environment, "PATH": os.pathsep.join(path)}

    def pulumi(*arguments: str) -> str:
        return subprocess.run(
            [cloud.cli, *arguments, "--non-interactive"],
            cwd=program,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    pulumi("stack", "init", "dev")
    assert "+ 28 created" in pulumi("up", "--yes", "--skip-preview")
    assert "28 unchanged" in pulumi("preview")
    pulumi("destroy", "--yes", "--skip-preview")
    assert cloud.records() == {}
