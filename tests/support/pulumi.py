"""Stacks on local Azure, run by Pulumi's real engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from azure.storage.blob import BlobServiceClient
from pulumi import automation

from tests.support.servers.azurite import Azurite, run_azurite
from tests.support.servers.vault import LocalVault
from tests.support.stack_process import INFRA, PROJECT, run_infra

ROOT = INFRA.parent
_BUILT = ROOT / ".cache/pulumi"
_ANY_ACCOUNT = INFRA / "local/any_account.js"


class StackError(RuntimeError):
    """Pulumi refused or failed; the text is all that it printed."""

    @property
    def errors(self) -> list[str]:
        """The errors that it sums up at the end, without its own "update failed"."""
        diagnostics = str(self).partition("Diagnostics:")[2].partition("\nResources:")[0]
        lines = [line.strip() for line in diagnostics.splitlines()]
        return [line for line in lines if line.startswith("error:") and "update fail" not in line]


def find_cli() -> Path | None:
    """The Pulumi CLI, on PATH or built by infra/tools/install.py; None if there is neither."""
    found = shutil.which("pulumi") or shutil.which("pulumi", path=str(_BUILT / "bin"))
    return Path(found) if found else None


def find_language_host() -> Path | None:
    """The folder of the host for Python programs, which plain `pulumi up` needs, or None."""
    name = "pulumi-language-python"
    found = shutil.which(name) or shutil.which(name, path=str(_BUILT / "language"))
    return Path(found).parent if found else None


@contextmanager
def run_local_azurite(directory: Path) -> Iterator[Azurite]:
    """An Azurite that serves every account, as Azure does once the account is made."""
    with ExitStack() as running:
        with pytest.MonkeyPatch.context() as patch:  # Node reads it when it starts
            patch.setenv("NODE_OPTIONS", f'--require "{_ANY_ACCOUNT}"')
            server = running.enter_context(run_azurite(directory))
        yield server


@dataclass(frozen=True, slots=True)
class LocalCloud:
    """A local Azure of its own in `directory`, with the state of the stacks on it."""

    cli: Path
    directory: Path
    azurite: Azurite
    vault: LocalVault | None = None
    """Without one a key is a record only."""

    @property
    def environment(self) -> dict[str, str]:
        """What makes Pulumi work here; see infra/local/README.md."""
        backend = self.directory / "pulumi-state"
        backend.mkdir(parents=True, exist_ok=True)
        path = [str(INFRA / "local/bin"), str(self.cli.parent), os.environ.get("PATH", "")]
        return {
            "PATH": os.pathsep.join(path),
            "LOCAL_AZURE_PYTHON": sys.executable,
            "LOCAL_AZURE_STATE": str(self._file),
            "LOCAL_AZURE_BLOB": self.azurite.endpoint,
            **(self.vault.environment if self.vault else {}),
            "PULUMI_BACKEND_URL": backend.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_HOME": str(self.directory / "pulumi-home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def stack(
        self, name: str, config: Mapping[str, object], **environment: str
    ) -> automation.Stack:
        """A stack of the Automation API, made if it is not there; it runs in this process."""
        folder = self.directory / name
        folder.mkdir(exist_ok=True)
        write_settings(folder / f"Pulumi.{name}.yaml", config)
        return automation.create_or_select_stack(
            name,
            PROJECT,
            run_infra,
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(folder),
                env_vars={**self.environment, **environment},
                pulumi_command=automation.PulumiCommand(str(self.cli.parent.parent)),
                project_settings=automation.ProjectSettings(PROJECT, "python"),
            ),
        )

    def records(self) -> dict[str, dict[str, Any]]:
        """Every resource of this Azure, by its id."""
        records = json.loads(self._file.read_bytes()) if self._file.exists() else {}
        return {record["id"]: record for record in records.values()}

    def change(self, resource_id: str, **properties: object) -> None:
        """Change a resource by hand, behind Pulumi's back."""
        records = json.loads(self._file.read_bytes())
        records[resource_id.lower()]["properties"].update(properties)
        self._file.write_text(json.dumps(records))

    def forget(self, resource_id: str) -> None:
        """Delete a resource by hand."""
        records = json.loads(self._file.read_bytes())
        del records[resource_id.lower()]
        self._file.write_text(json.dumps(records))

    def containers(self, account: str) -> set[str]:
        """The names of the real containers of `account`."""
        with self.blob_client(account) as client:
            return {container.name for container in client.list_containers()}

    def blob_client(self, account: str) -> BlobServiceClient:
        credential = {"account_name": account, "account_key": self.azurite.account_key}
        return BlobServiceClient(f"{self.azurite.endpoint}/{account}", credential=credential)

    @property
    def _file(self) -> Path:
        return self.directory / "azure.json"


@dataclass
class LocalStack:
    """A stack on a `LocalCloud`. What Pulumi refuses is a `StackError`."""

    cloud: LocalCloud
    name: str
    config: Mapping[str, object]
    program: str = "tests.support.stack_process:run_infra"
    variables: Mapping[str, str] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)

    @property
    def account(self) -> str:
        """The name of the storage account, once it is up."""
        return str(self.outputs["storage_account_name"])

    def up(self) -> dict[str, int]:
        """How many resources were created, updated and so on, left as they were ("same")."""
        answer = self._run("up")
        self.outputs = answer["outputs"]
        return _changes(answer)

    def preview(self, **arguments: object) -> dict[str, int]:
        return _changes(self._run("preview", **arguments))

    def refresh(self) -> dict[str, int]:
        return _changes(self._run("refresh"))

    def destroy(self) -> dict[str, int]:
        return _changes(self._run("destroy"))

    def preview_destroy(self) -> dict[str, int]:
        return _changes(self._run("preview_destroy"))

    def write_profile(self, profile: str, folder: Path) -> Path:
        """Have `ingenious-storage infra profile` write it of the outputs; the file it is in."""
        outputs, profiles = folder / "outputs.json", folder / "profiles.yml"
        outputs.write_text(json.dumps(self.outputs))
        command = [sys.executable, "-m", "ingenious_ops", "--profiles", str(profiles)]
        command += ["infra", "profile", "--stack", profile, "--outputs", str(outputs), "--yes"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return profiles

    def _run(self, operation: str, **arguments: object) -> dict[str, Any]:
        folder = self.cloud.directory / self.name
        folder.mkdir(exist_ok=True)
        write_settings(folder / f"Pulumi.{self.name}.yaml", self.config)
        request = {
            "operation": operation,
            "arguments": arguments,
            "stack": self.name,
            "program": self.program,
            "work_dir": str(folder),
            "pulumi_root": str(self.cloud.cli.parent.parent),
            "environment": {**self.cloud.environment, **self.variables},
        }
        process = subprocess.run(
            [sys.executable, "-m", "tests.support.stack_process"],
            cwd=ROOT,
            input=json.dumps(request),
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == 0, process.stderr
        answer: dict[str, Any] = json.loads(process.stdout)
        if "error" in answer:
            raise StackError(answer["error"])
        return answer


def _changes(answer: Mapping[str, Any]) -> dict[str, int]:
    changes: dict[str, int] = answer["changes"]
    return changes


def write_settings(file: Path, config: Mapping[str, object]) -> None:
    """Write what `pulumi config set` would; what Pulumi wrote there itself stays."""
    settings = yaml.safe_load(file.read_text()) if file.exists() else {}
    settings["config"] = {f"{PROJECT}:{key}": value for key, value in config.items()}
    file.write_text(yaml.safe_dump(settings))
