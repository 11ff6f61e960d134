"""Refusals of the vault, in the form that Key Vault answers with."""

from __future__ import annotations

from typing import Any


class VaultError(Exception):
    """A refusal: status, code, and where Key Vault gives one the code inside."""

    def __init__(self, status: int, code: str, message: str, *, inner: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.inner = status, code, inner

    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        error: dict[str, Any] = {"code": self.code, "message": str(self)}
        if self.inner is not None:
            error["innererror"] = {"code": self.inner}
        return {"error": error}


def not_found(name: str) -> VaultError:
    """The answer for a key, or a version of it, that is not there."""
    return VaultError(404, "KeyNotFound", f"A key with (name/id) {name} was not found.")


def disabled(operation: str) -> VaultError:
    """The answer for a version that was switched off."""
    message = f"Operation {operation} is not allowed on a disabled key."
    return VaultError(403, "Forbidden", message, inner="KeyDisabled")


def bad(message: str) -> VaultError:
    """The answer for a parameter that cannot be used."""
    return VaultError(400, "BadParameter", message)
