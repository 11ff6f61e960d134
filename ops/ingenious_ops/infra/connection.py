"""The runtime's `storage:` section, out of the outputs of a stack; it never holds a key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr, ValidationError

from ingenious_ops.intake import parse_json, read_file
from ingenious_ops.profiles.errors import ProfileError
from ingenious_storage.config import EMULATOR_KEY, StorageSettings
from ingenious_storage.errors import StorageError

_TEXTS: Final[Mapping[str, str]] = {
    "storage_account_name": "account_name",
    "storage_endpoint": "endpoint",
    "container_data": "container_data",
    "container_revisions": "container_revisions",
}
_KEY: Final = "key_vault_key_id"
_PUBLIC: Final = "https://{}.blob.core.windows.net"


def read_outputs(path: Path) -> dict[str, Any]:
    """The JSON that `pulumi stack output --json` writes, or `infra outputs --json`.

    Raises: OSError, StorageError.
    """
    found = parse_json(read_file(path), str(path))
    if isinstance(found, dict) and found.get("command") == "infra.outputs":
        found = found.get("data", {}).get("outputs")
    if not isinstance(found, dict):
        raise ProfileError(
            f"{path} is no JSON object of outputs", hint="`pulumi stack output --json` writes one."
        )
    return found


def storage_section(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that the profile has to have, checked as the runtime will check them.

    Raises: ProfileError naming the output that is missing or wrong.
    """
    found = {key: _text(outputs, output) for output, key in _TEXTS.items()}
    found["endpoint"] = found["endpoint"].rstrip("/")
    if found["endpoint"] == _PUBLIC.format(found["account_name"]):
        del found["endpoint"]
    section: dict[str, Any] = {
        "type": "azure_blob",
        **found,
        "auto_create_containers": False,
        "retention_days": _whole(outputs, "retention_days"),
        **_encryption(outputs),
    }
    try:
        _check(section)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        problem = f"storage.{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except StorageError as error:
        problem = error.message
    else:
        return section
    raise ProfileError(f"the outputs make no profile: {problem}", hint="Check them.")


def _encryption(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """On when the stack has a key that applications encrypt with."""
    if outputs.get(_KEY) is None:
        return {}
    days = _whole(outputs, "key_retention_days")
    encryption = {"provider": "azure_key_vault", _KEY: _text(outputs, _KEY)}
    return {"encryption": {**encryption, "key_retention_days": days}}


def _check(section: Mapping[str, Any]) -> None:
    """With a key that opens nothing: how an application signs in is not for the outputs to say."""
    checked = {**section, "account_key": SecretStr(EMULATOR_KEY)}
    if "encryption" in section:
        checked["encryption"] = {**section["encryption"], "key_vault_credential": "default"}
    StorageSettings(**checked).azure_account()


def _text(outputs: Mapping[str, Any], name: str) -> str:
    value = outputs.get(name)
    if isinstance(value, str) and value:
        return value
    raise _wrong(outputs, name, "text")


def _whole(outputs: Mapping[str, Any], name: str) -> int:
    value = outputs.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and value == int(value):
        return int(value)
    raise _wrong(outputs, name, "a whole number")


def _wrong(outputs: Mapping[str, Any], name: str, wanted: str) -> ProfileError:
    if name in outputs:
        return ProfileError(
            f"the output {name} is {json.dumps(outputs[name])[:80]}, not {wanted}",
            hint="Is it the program of `infra init`?",
        )
    return ProfileError(
        f"the stack has no output {name}", hint="Run `infra up` first; `infra outputs` lists them."
    )
