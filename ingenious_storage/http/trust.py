"""Trust: whom a client believes, and how it proves who it is. The module `ssl` is not needed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from ingenious_storage.runtime.unpickled import Value

CA_VARIABLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Those that the SDKs' library, requests, reads; the first that is set wins."""


@dataclass(frozen=True, slots=True)
class Trust(Value):
    """Paths; None for what the environment says, then the system's, or nothing."""

    ca_file: str | None = None
    """A file of PEM, or a folder of hashed ones. It wins over the environment."""
    client_certificate: str | None = None
    """PEM, with its chain; the key may be in it."""
    client_key: str | None = None


BY_ENVIRONMENT: Final = Trust()
"""That of who has configured nothing."""


def ca_of_environment() -> str | None:
    """The file, or folder, that the environment names now."""
    return next((os.environ[name] for name in CA_VARIABLES if os.environ.get(name)), None)
