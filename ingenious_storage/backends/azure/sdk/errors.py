"""Translation of errors: those of the Azure SDK become errors of this library here alone."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    ServiceRequestTimeoutError,
    ServiceResponseTimeoutError,
)
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from ingenious_storage.backends.azure.error_codes import rule_for
from ingenious_storage.backends.azure.hints import PROVE_IDENTITY, start_emulator
from ingenious_storage.backends.base import Condition
from ingenious_storage.backends.rest.calls import Call, Refusal, failed, refused, retry_after
from ingenious_storage.backends.rest.rules import Rule
from ingenious_storage.errors import (
    AuthenticationError,
    OperationTimeoutError,
    StorageError,
    ThrottledError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# The only failures that prove that nothing was sent. The SDK's ServiceRequestError proves less:
# a TLS connection that is cut after the request is one too.
_NOT_SENT: Final = (
    NewConnectionError,
    ConnectTimeoutError,
    ProxyError,
    ssl.SSLCertVerificationError,
)
# What the SDK raises for an answer that is none of Azure: it reads what is not there.
_NOT_AZURE: Final = (AttributeError, LookupError, TypeError, ValueError)


@contextmanager
def translated(
    operation: str, key: str | None = None, condition: Condition | None = None
) -> Iterator[None]:
    """Raise what the SDK raises inside as a StorageError.

    The SDK's error stays as the cause, except where its text can hold a signature.
    """
    try:
        yield
    except StorageError:
        raise
    except (AzureError, OSError, *_NOT_AZURE) as error:
        raised = translate(error, operation=operation, key=key, condition=condition)
        if _tells_too_much(error):
            raise raised from None
        raise raised from error


def translate(
    error: Exception, *, operation: str, key: str | None = None, condition: Condition | None = None
) -> StorageError:
    """The StorageError for one error of the SDK. Its message never holds a URL with a query."""
    call, response = Call(operation, key, condition), _service_answer(error)
    if response is None:
        return failed(call, *without_answer(error))
    status, code, headers = response.status_code, _code(error, response), response.headers
    told = headers.get("Retry-After")
    after = None if told is None else retry_after({"retry-after": told})
    refusal = Refusal("Azure", status, code, headers.get("x-ms-request-id"), after)
    return refused(call, refusal, rule_for(status, code))


def _service_answer(error: Exception) -> Any:
    """The HTTP response of the storage service, None when there is none.

    An error of azure-identity may carry the answer of Entra ID; it has no `error_code`.
    """
    if isinstance(error, ClientAuthenticationError) and not hasattr(error, "error_code"):
        return None
    return getattr(error, "response", None)


def _code(error: Exception, response: Any) -> str | None:
    code = getattr(error, "error_code", None) or response.headers.get("x-ms-error-code")
    return None if code is None else str(getattr(code, "value", code))


def without_answer(error: Exception) -> tuple[Rule, str]:
    """What an error means that is no answer of the service, and what happened in words."""
    if isinstance(error, ClientAuthenticationError):
        return _no_token(error)
    reasons = [*_reasons(error)]
    host = next(filter(None, map(_host, reasons)), "the service")
    told = f"no usable answer from {host} ({type(reasons[-1]).__name__})"
    if isinstance(error, ServiceResponseTimeoutError):
        return Rule(OperationTimeoutError), told
    hint = f"Is {host} right, and can this machine reach it? Check the name, DNS and the proxy."
    if isinstance(error, ServiceRequestTimeoutError):
        return Rule(OperationTimeoutError, hint, outcome_unknown=False), told
    if any(isinstance(reason, ssl.SSLCertVerificationError) for reason in reasons):
        hint = f"The certificate of {host} is not trusted: set REQUESTS_CA_BUNDLE to your CA file."
        return Rule(UnavailableError, hint, retryable=False, outcome_unknown=False), told
    if not any(isinstance(reason, _NOT_SENT) for reason in reasons):
        return Rule(UnavailableError), told
    if any(isinstance(reason, ProxyError) for reason in reasons):
        hint = (
            f"{host} is a proxy that the environment names: correct HTTPS_PROXY (of http URLs "
            "HTTP_PROXY) or NO_PROXY."
        )
    else:
        hint = start_emulator(host) or hint
    return Rule(UnavailableError, hint, outcome_unknown=False), told


def _no_token(error: ClientAuthenticationError) -> tuple[Rule, str]:
    """azure-identity gave no token, or the account key cannot sign."""
    told = f"no credential: {str(error.message).strip().partition(chr(10))[0][:300]}"
    if error.status_code == 429:
        return Rule(ThrottledError), told
    if error.status_code is not None and error.status_code >= 500:
        return Rule(UnavailableError, outcome_unknown=False), told
    return Rule(AuthenticationError, PROVE_IDENTITY), told


def _reasons(error: BaseException) -> Iterator[BaseException]:
    """`error` and what it wraps, outermost first: each library on the way has its own style."""
    seen: list[BaseException] = []
    current: Any = error
    while isinstance(current, BaseException) and current not in seen:
        seen.append(current)
        yield current
        wrapped = (
            getattr(current, "inner_exception", None),
            getattr(current, "reason", None),
            *current.args,
            current.__cause__,
            current.__context__,
        )
        current = next(
            (one for one in wrapped if isinstance(one, BaseException) and one not in seen), None
        )


def _host(reason: BaseException) -> str | None:
    """From what requests, or urllib3 for a connection that was not made, attach to their errors."""
    url = getattr(getattr(reason, "request", None), "url", None)
    if isinstance(url, str):
        return urlsplit(url).netloc
    connection = getattr(reason, "conn", None)
    return None if connection is None else f"{connection.host}:{connection.port}"


def _tells_too_much(error: Exception) -> bool:
    """A refused signature is answered with what was signed; a malformed URL with the URL."""
    response = _service_answer(error)
    return (response is not None and response.status_code in (401, 403)) or "sig=" in str(error)
