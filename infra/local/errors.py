"""Refusals of local Azure."""

from __future__ import annotations


class CloudError(ValueError):
    """A refusal in Azure's form: its error code, then one sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
