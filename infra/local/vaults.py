"""The other real part: keys of vaults, in the double of a key vault that runs beside."""

from __future__ import annotations

from typing import Any

from local.vault.keys import Keys

Values = dict[str, Any]


class Vaults:
    """The keys of every vault at `endpoint`, for example "https://127.0.0.1:8443".

    One server stands for all vaults, so that the name of a vault begins those of its keys. Without
    a server keys are records only.
    """

    def __init__(self, endpoint: str | None, keys: Keys | None) -> None:
        self._endpoint, self._keys = (endpoint or "").rstrip("/"), keys

    def create(self, inputs: Values) -> None:
        """Make the key that a program asks for."""
        if self._keys is not None and not self._keys.versions(_name(inputs)):
            self._keys.create(_name(inputs), size=inputs["properties"].get("keySize") or 2048)

    def shown(self, inputs: Values) -> Values:
        """What Azure tells of the key: where it is, when it is served."""
        if self._keys is None or not (found := self._keys.versions(_name(inputs))):
            return {}
        uri = f"{self._endpoint}/keys/{_name(inputs)}"
        return {"keyUri": uri, "keyUriWithVersion": f"{uri}/{found[0]['id']}"}

    def delete(self, inputs: Values) -> None:
        """Forget a key: Azure would keep it for a while, and its name with it."""
        if self._keys is not None:
            self._keys.forget(_name(inputs))


def _name(inputs: Values) -> str:
    return f"{inputs['vaultName']}-{inputs['keyName']}"


NO_VAULTS = Vaults(None, None)
