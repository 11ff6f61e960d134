"""Azure connection strings, taken apart and checked.

Source of the names: Microsoft's "Configure Azure Storage connection strings". The SDK is lenient
where that is dangerous: the last duplicate wins, any host is accepted, and a string without a key
and a SAS makes an anonymous client.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from ingenious_storage.config.azure.endpoint import (
    Endpoint,
    account_of,
    check_account_name,
    check_endpoint,
)
from ingenious_storage.config.azure.shared_keys import (
    EMULATOR_KEY,
    check_key,
    check_sas,
    is_emulator_key,
)
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.runtime.unpickled import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SETTING: Final = "storage.connection_string"
_USED: Final = (
    "AccountKey",
    "AccountName",
    "BlobEndpoint",
    "DefaultEndpointsProtocol",
    "EndpointSuffix",
    "SharedAccessSignature",
    "UseDevelopmentStorage",
)
_IGNORED: Final = (
    "BlobSecondaryEndpoint",
    "DevelopmentStorageProxyUri",
    "DfsEndpoint",
    "FileEndpoint",
    "FileSecondaryEndpoint",
    "QueueEndpoint",
    "QueueSecondaryEndpoint",
    "TableEndpoint",
    "TableSecondaryEndpoint",
)
_KNOWN: Final = {name.lower(): name for name in _USED + _IGNORED}
_QUOTES: Final = frozenset("\"'`\u2018\u2019\u201c\u201d")
_EMULATOR: Final = {
    "AccountName": "devstoreaccount1",
    "AccountKey": EMULATOR_KEY,
    "BlobEndpoint": "http://127.0.0.1:10000/devstoreaccount1",
}


@dataclass(frozen=True, slots=True)
class ConnectionString(Value):
    """What a connection string says: a key, a SAS, or both."""

    endpoint: Endpoint
    account_name: str
    account_key: SecretStr | None = None
    sas_token: SecretStr | None = None
    """Without the leading `?`."""


def parse_connection_string(
    text: str, allowed_suffixes: Iterable[str] = (), *, allow_http: bool = False
) -> ConnectionString:
    """Take a connection string apart.

    Spaces and newlines around a part, an empty part and any case of a name are accepted, as is a
    missing protocol, which means https.

    Raises: ConfigurationError naming the part that is wrong, never a value but a host.
    """
    parts = _with_emulator(_split(text))
    key = SecretStr(parts["AccountKey"]) if "AccountKey" in parts else None
    sas = SecretStr(parts["SharedAccessSignature"]) if "SharedAccessSignature" in parts else None
    if key is None and sas is None:
        raise _refused(
            "has no AccountKey and no SharedAccessSignature",
            "Copy it whole, or give storage.account_name alone to sign in by identity.",
        )
    endpoint = check_endpoint(
        _url(parts),
        what=f"BlobEndpoint in {_SETTING}" if "BlobEndpoint" in parts else _SETTING,
        allowed_suffixes=allowed_suffixes,
        plain_http=allow_http or is_emulator_key(key),
    )
    if key is not None:
        key = check_key(key, what=f"AccountKey in {_SETTING}", is_azure=endpoint.is_azure)
    if sas is not None:
        sas = check_sas(sas, what=f"SharedAccessSignature in {_SETTING}")
    name = account_of(endpoint, parts.get("AccountName"), what=f"AccountName in {_SETTING}")
    return ConnectionString(endpoint, name, key, sas)


def _split(text: str) -> dict[str, str]:
    if not _QUOTES.isdisjoint(text):
        raise _refused(
            "holds quotation marks",
            "Remove them: what reads this value keeps the quotes around it.",
        )
    parts: dict[str, str] = {}
    texts = [part.strip() for part in text.split(";") if part.strip()]
    for position, part in enumerate(texts, 1):
        given, _, value = (piece.strip() for piece in part.partition("="))
        name = _KNOWN.get(given.lower())
        if name is None:
            near = get_close_matches(given[:40].lower(), _KNOWN, n=1)
            raise _refused(
                f"has an unknown name in part {position} of {len(texts)}",
                f"Did you mean {_KNOWN[near[0]]}?"
                if near
                else f"Parts are NAME=VALUE; the names are {', '.join(_USED)}.",
            )
        if not value:
            raise _refused(f"has an empty {name}", "Give it a value, or remove the part.")
        if name in parts:
            raise _refused(f"has {name} twice", "Remove one: two strings may have been pasted.")
        parts[name] = value
    return parts


def _with_emulator(parts: dict[str, str]) -> dict[str, str]:
    """`UseDevelopmentStorage=true` spelt out."""
    if "UseDevelopmentStorage" not in parts:
        return parts
    others = parts.keys() - {"UseDevelopmentStorage", *_IGNORED}
    if parts["UseDevelopmentStorage"].lower() != "true" or others:
        raise _refused(
            "has UseDevelopmentStorage, which must be true and stand alone",
            "For an emulator elsewhere give AccountName, AccountKey and BlobEndpoint.",
        )
    return _EMULATOR


def _url(parts: Mapping[str, str]) -> str:
    protocol = parts.get("DefaultEndpointsProtocol", "https").lower()
    if protocol not in {"http", "https"}:
        raise _refused("has a DefaultEndpointsProtocol that is not https or http", "Use https.")
    if "BlobEndpoint" in parts:
        return parts["BlobEndpoint"]
    if "AccountName" not in parts:
        raise _refused("has no AccountName and no BlobEndpoint", "Copy it whole.")
    name = check_account_name(parts["AccountName"], what=f"AccountName in {_SETTING}")
    return f"{protocol}://{name}.blob.{parts.get('EndpointSuffix', 'core.windows.net')}"


def _refused(problem: str, hint: str) -> ConfigurationError:
    return ConfigurationError(f"{_SETTING} {problem}", hint=hint)
