"""Pulumi's own command line, which the Automation API drives."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from pulumi.automation import PulumiCommand
from semver import VersionInfo

from ingenious_ops.infra.errors import PulumiMissingError

OLDEST: Final = VersionInfo(3, 206, 0)
"""The first whose engine streams its events to the Automation API."""


class PulumiCli(PulumiCommand):
    """An executable that is taken to be new enough; `require_new` asks it, when something failed.

    Its version would take a third of the time of a short preview, each time.
    """

    def __init__(self, executable: str) -> None:
        self.command = executable
        self.version = OLDEST

    def require_new(self) -> None:
        """Raises: PulumiMissingError."""
        done = subprocess.run(  # noqa: S603  # the executable that was found, or is missing
            [self.command, "version"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
        found = done.stdout.strip().removeprefix("v")
        if VersionInfo.is_valid(found) and VersionInfo.parse(found) < OLDEST:
            raise PulumiMissingError(f"pulumi {found} is too old: {OLDEST} or later is needed")


def find_cli() -> PulumiCli:
    """The `pulumi` of PATH, or else where its installer puts it.

    Raises: PulumiMissingError.
    """
    usual = Path("~/.pulumi/bin").expanduser()
    found = shutil.which("pulumi") or shutil.which("pulumi", path=str(usual))
    if found is None:
        raise PulumiMissingError("there is no pulumi command on the PATH")
    return PulumiCli(str(Path(found).absolute()))
