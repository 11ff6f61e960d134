"""Credentials of Azure: an account key, a SAS, or a token of an identity."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from ingenious_ops.doctor.claims import read_claims
from ingenious_ops.doctor.guides.azure.advice import account_of, secret_of
from ingenious_ops.doctor.guides.base import of_expired
from ingenious_ops.doctor.model import WARN_SKEW, Result, failed, passed, warned

if TYPE_CHECKING:
    from pydantic import SecretStr

    from ingenious_ops.doctor.context import Context

_SOON: Final = timedelta(days=1)


def chosen(context: Context) -> Result:
    """The account key, the SAS or the token that signs."""
    account = account_of(context)
    if account.account_key is not None:
        return _key(context)
    if account.sas_token is not None:
        return _sas(context, account.sas_token)
    return _token(context)


def _key(context: Context) -> Result:
    summary = f"account key of {secret_of(context)}"
    if context.handle.is_clouds_own:
        return warned(
            f"{summary}: it opens the whole account and never expires",
            hint="Sign in by identity: take the secret out, set storage.account_name: "
            f"{account_of(context).account_name} and storage.credential: default.",
        )
    return passed(summary)


def _sas(context: Context, token: SecretStr) -> Result:
    """Source of the fields: "Create a service SAS" and "Create an account SAS"."""
    fields = parse_qs(token.get_secret_value())
    now = datetime.now(UTC)
    start, end = (_moment(fields, name) for name in ("st", "se"))
    summary = (
        f"SAS of {secret_of(context)}, permissions {fields.get('sp', ['by a stored policy'])[0]}"
    )
    if end is not None and end <= now:
        return failed(
            f"{summary}: it expired at {end:%Y-%m-%d %H:%M} UTC",
            hint=_new_sas(context),
            code="authentication_failed",
        )
    if start is not None and start > now + WARN_SKEW:
        return failed(
            f"{summary}: it is not valid before {start:%Y-%m-%d %H:%M} UTC",
            hint="Wait, set this machine's clock, or make one without a start.",
            code="authentication_failed",
        )
    if end is None:
        return passed(summary)
    summary += f", until {end:%Y-%m-%d %H:%M} UTC"
    if end - now >= _SOON:
        return passed(summary)
    return warned(f"{summary}, which is soon", hint=_new_sas(context))


def _moment(fields: dict[str, list[str]], name: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(fields[name][0])
    except (KeyError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _new_sas(context: Context) -> str:
    return (
        "Make a new one: `az storage container generate-sas --account-name "
        f"{account_of(context).account_name} "
        f"--name {context.container('data')} --permissions racwdl "
        "--expiry DATE --as-user --auth-mode login`; better, sign in by identity."
    )


def _token(context: Context) -> Result:
    account = account_of(context)
    token = context.handle.identity()
    context.claims = claims = read_claims(token.token)
    chosen = token.source if account.credential == "default" else f"{account.credential.value}"
    source = f"DefaultAzureCredential chose {chosen}" if account.credential == "default" else chosen
    details = [
        f"{name} {value}"
        for name, value in (
            ("tenant", claims.tenant),
            ("object id", claims.object_id),
            ("application", claims.application),
        )
        if value
    ]
    expired = of_expired(token, f"{source}: its token", *details, again=_again(token.source))
    if expired is not None:
        return expired
    trusted = trusted_tenant(context)
    if trusted is not None and claims.tenant is not None and claims.tenant.lower() != trusted:
        return failed(
            f"{source}: its token is of the tenant {claims.tenant}, the account trusts {trusted}",
            hint=f"Sign in to that tenant (`az login --tenant {trusted}`), or set "
            f"storage.tenant_id: {trusted}. If that is wrong, so is the account's name.",
            code="authentication_failed",
        )
    until = f" until {token.expires_at:%Y-%m-%d %H:%M} UTC" if token.expires_at else ""
    return passed(f"{source}: token{until}", *details)


def _again(source: str) -> str:
    if "Cli" in source:
        return "Sign in again: `az login`."
    if source == "ManagedIdentityCredential":
        return "Restart what runs here: its managed identity gives old tokens."
    return f"Look at what gives tokens to {source}."


def trusted_tenant(context: Context) -> str | None:
    """The tenant that the service names when it is asked without a signature, if it does.

    Source: "Authorize with Microsoft Entra ID", section "Bearer challenge".
    """
    challenge = context.knock.headers.get("www-authenticate", "") if context.knock else ""
    found = re.search(r"authorization_uri=\"?https://[^/\s]+/([0-9a-fA-F-]{36})/", challenge)
    return found[1].lower() if found else None
