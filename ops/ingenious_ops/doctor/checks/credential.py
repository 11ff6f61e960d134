"""Checks of the credential: who this process says it is, and whether the service believes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from ingenious_ops.doctor.advice import secret_of
from ingenious_ops.doctor.checks.network import is_azure
from ingenious_ops.doctor.checks.service import trusted_tenant
from ingenious_ops.doctor.claims import read_claims
from ingenious_ops.doctor.model import WARN_SKEW, Check, Result, failed, passed, warned
from ingenious_storage.errors import (
    ContainerNotFoundError,
    NotFoundError,
    PermissionDeniedError,
)

if TYPE_CHECKING:
    from pydantic import SecretStr

    from ingenious_ops.doctor.context import Context

SECTION: Final = "Credential"
_SOON: Final = timedelta(days=1)
# Refusals of who one is; any other 403 is about what one may do.
_NOT_BELIEVED: Final = frozenset({"AuthorizationFailure", "KeyBasedAuthenticationNotPermitted"})


def _chosen(context: Context) -> Result:
    account = context.account
    if account.account_key is not None:
        return _key(context)
    if account.sas_token is not None:
        return _sas(context, account.sas_token)
    return _token(context)


def _key(context: Context) -> Result:
    summary = f"account key of {secret_of(context)}"
    if is_azure(context):
        return warned(
            f"{summary}: it opens the whole account and never expires",
            hint="Sign in by identity: take the secret out, set storage.account_name: "
            f"{context.account.account_name} and storage.credential: default.",
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
    return warned(summary, hint=_new_sas(context)) if end - now < _SOON else passed(summary)


def _moment(fields: dict[str, list[str]], name: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(fields[name][0])
    except (KeyError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _new_sas(context: Context) -> str:
    return (
        f"Make a new one: `az storage container generate-sas --account-name "
        f"{context.account.account_name} --name {context.container('data')} --permissions racwdl "
        "--expiry DATE --as-user --auth-mode login`; better, sign in by identity."
    )


def _token(context: Context) -> Result:
    account = context.account
    token = context.handle.token()
    context.claims = claims = read_claims(token.text)
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
    if token.expires_at <= datetime.now(UTC):
        return failed(
            f"{source}: its token expired at {token.expires_at:%Y-%m-%d %H:%M} UTC",
            *details,
            hint=f"{_again(token.source)} If it is new, set this machine's clock.",
            code="authentication_failed",
        )
    trusted = trusted_tenant(context)
    if trusted is not None and claims.tenant is not None and claims.tenant.lower() != trusted:
        return failed(
            f"{source}: its token is of the tenant {claims.tenant}, the account trusts {trusted}",
            hint=f"Sign in to that tenant (`az login --tenant {trusted}`), or set "
            f"storage.tenant_id: {trusted}. If that is wrong, so is the account's name.",
            code="authentication_failed",
        )
    return passed(f"{source}: token until {token.expires_at:%Y-%m-%d %H:%M} UTC", *details)


def _again(source: str) -> str:
    if "Cli" in source:
        return "Sign in again: `az login`."
    if source == "ManagedIdentityCredential":
        return "Restart what runs here: its managed identity gives old tokens."
    return f"Look at what gives tokens to {source}."


def _accepted(context: Context) -> Result:
    """A signed request, whatever it may do."""
    try:
        context.backend("data").head(".health/doctor-asks")
    except (NotFoundError, ContainerNotFoundError):
        return passed("the service accepts it")
    except PermissionDeniedError as error:
        if error.service_code in _NOT_BELIEVED:
            raise
        return passed("the service knows it; what it may do is below")
    return passed("the service accepts it")


CHECKS: Final = (
    Check("credential", SECTION, "chosen", _chosen, needs=("service",)),
    Check("accepted", SECTION, "accepted", _accepted, needs=("credential",)),
)
