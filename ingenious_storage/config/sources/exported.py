"""Variables that other libraries read from the environment by themselves.

A `.env` is expected to work as if it had been exported. azure-identity, the `az` that it starts,
botocore, google-auth, the HTTP client and OpenTelemetry look nowhere but into the environment, so
what stands in a `.env` for them is put there, where it is not set already.
"""

from __future__ import annotations

import os
import re
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingenious_storage.config.sources.layers import Setting

_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_AWS_OPEN: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_METADATA_SERVICE_TIMEOUT",
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_CA_BUNDLE",
)
_GOOGLE: Final = (
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_CLOUD_QUOTA_PROJECT",
    "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES",
    "CLOUDSDK_CONFIG",
    "GCE_METADATA_HOST",
    "NO_GCE_CHECK",
)
NAMES: Final = (
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN",
    "AZURE_USERNAME",
    "AZURE_PASSWORD",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "AZURE_REGIONAL_AUTHORITY_NAME",
    "AZURE_TOKEN_CREDENTIALS",
    "AZURE_CONFIG_DIR",
    *_AWS_OPEN,
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    *_GOOGLE,
    *_PROXIES,
    *(name.lower() for name in _PROXIES),
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
_OTEL: Final = "OTEL_"
_OPEN: Final = frozenset(
    {
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_CERTIFICATE_PATH",
        "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN",
        "AZURE_USERNAME",
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_AUTHORITY_HOST",
        "AZURE_REGIONAL_AUTHORITY_NAME",
        "AZURE_TOKEN_CREDENTIALS",
        "AZURE_CONFIG_DIR",
        *_AWS_OPEN,
        *_GOOGLE,
        *NAMES[-12:],
    }
)
_PASSWORD: Final = re.compile(r"(?<=//)[^/@\s]*@|^[^/@\s]+@")

_lock = threading.Lock()
_exported: dict[str, str] = {}


def names_in(values: Mapping[str, str]) -> Iterator[str]:
    """Those of the variables that other libraries read."""
    return (name for name in values if name in NAMES or name.startswith(_OTEL))


def shown(name: str, value: str) -> str:
    """`value` as it may be printed: `***` for what can hold a secret."""
    is_open = name in _OPEN or (name.startswith(_OTEL) and "HEADERS" not in name)
    return _PASSWORD.sub("***@", value) if is_open else "***"


def environment() -> dict[str, str]:
    """The environment of this process, without what `export` put there."""
    with _lock:
        return {name: value for name, value in os.environ.items() if _exported.get(name) != value}


def export(settings: Mapping[str, Setting]) -> None:
    """Put what `.env` says into the environment, in place of what the call before put there."""
    values = {name: each.value for name, each in settings.items() if each.origin.kind == "dotenv"}
    with _lock:
        for name in [*_exported]:
            ours = _exported[name] == os.environ.get(name)
            if not ours or name not in values:
                del _exported[name]
            if ours and name not in values:
                del os.environ[name]
        for name, value in values.items():
            if name in _exported or not os.environ.get(name):
                os.environ[name] = _exported[name] = value


def _renew() -> None:
    global _lock  # noqa: PLW0603  # a child must not wait for a thread of its parent
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
