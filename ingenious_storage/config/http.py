"""HTTP settings: the section `storage.http:`, for every store that is spoken to by HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from ingenious_storage.config.section import Section, expand_home
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.http.trust import Trust

_Path = Annotated[Path, AfterValidator(expand_home)]


class HttpSettings(Section):
    """`storage.http:`. The files are looked at when they are needed."""

    ca_file: _Path | None = None
    client_certificate: _Path | None = None
    client_key: _Path | None = None

    def trust(self) -> Trust:
        """Whom a client trusts, and how it proves who it is."""
        paths = (self.ca_file, self.client_certificate, self.client_key)
        return Trust(*(None if path is None else str(path) for path in paths))

    @model_validator(mode="after")
    def _check_pair(self) -> Self:
        if self.client_key is not None and self.client_certificate is None:
            raise ConfigurationError(
                "storage.http.client_key is set without storage.http.client_certificate",
                hint="Name the certificate that the key belongs to, or remove the key.",
            )
        return self
