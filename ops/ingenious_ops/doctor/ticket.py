"""The block to paste into a ticket: versions, settings, results, and no secret."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.places import without_password
from ingenious_storage.config import explain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingenious_ops.doctor.context import Context
    from ingenious_ops.doctor.model import Outcome

_PACKAGES: Final = (
    "ingenious-storage",
    "azure-storage-blob",
    "azure-identity",
    "azure-core",
    "botocore",
    "google-auth",
)
# Variables that change how requests travel; only whether they are set, but for proxies.
_VARIABLES: Final = (
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "AZURE_TOKEN_CREDENTIALS",
    "AZURE_AUTHORITY_HOST",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CLOUD_PROJECT",
)


def environment() -> dict[str, str]:
    """Versions and the system, by name."""
    found = {name: _version(name) for name in _PACKAGES}
    return {**found, "python": platform.python_version(), "system": platform.platform()}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def ticket(context: Context, outcomes: Sequence[Outcome]) -> str:
    """The block, in Markdown."""
    lines = ["```text", *_lines(context, outcomes), "```"]
    home = str(Path.home())
    text = "\n".join(lines)
    return (text.replace(home, "~") if len(home) > 1 else text) + "\n"


def _lines(context: Context, outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield "ingenious-storage doctor"
    for name, value in environment().items():
        yield f"  {name}: {value}"
    for name in _VARIABLES:
        given = os.environ.get(name) or os.environ.get(name.lower())
        if given:
            yield f"  {name}: {_shown(name, given)}"
    if context.settings is not None:
        yield f"profile: {context.settings.profile or 'none'}"
        for line in explain(context.settings):
            if line.origin != "default":
                yield f"  {line.key} = {line.value} ({line.origin})"
    yield "results:"
    for outcome in outcomes:
        check, result = outcome.check, outcome.result
        code = f" [{result.code}]" if result.code else ""
        yield f"  {result.status.value:4} {check.name}: {result.summary}{code}"


def _shown(name: str, value: str) -> str:
    if name == "NO_PROXY":
        return value
    return without_password(value) if name.endswith("_PROXY") and "://" in value else "set"
