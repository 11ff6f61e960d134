"""Local Azure itself: what the provider's calls do to the records and to the containers."""

from __future__ import annotations

from itertools import count

from local import arm
from local.containers import Containers
from local.errors import CloudError
from local.kinds import guards, outputs
from local.kinds.table import kind_of
from local.state import Record, Records, StateFile
from local.vaults import NO_VAULTS, Vaults
from local.wire import Values

_CONTAINER = "azure-native:storage:BlobContainer"
_ACCOUNT = "azure-native:storage:StorageAccount"
_KEY = "azure-native:keyvault:Key"


class LocalAzure:
    """Every resource of this machine's Azure. Thread-safe.

    `fail_create` is the number of the create, counted from 1, that is refused; 0: none.
    """

    def __init__(
        self,
        state: StateFile,
        containers: Containers,
        *,
        vaults: Vaults = NO_VAULTS,
        fail_create: int = 0,
    ) -> None:
        self._state, self._containers, self._vaults = state, containers, vaults
        self._fail_create, self._creates = fail_create, count(1)

    def create(self, token: str, inputs: Values) -> tuple[str, Values]:
        """The new resource's id and properties. Raises: CloudError, and nothing is made."""
        kind = kind_of(token)
        resource_id = kind.resource_id(inputs)
        if next(self._creates) == self._fail_create:
            raise CloudError("InternalServerError", "This create was chosen to fail.")
        with self._state.change() as records:
            guards.check_parent(records, resource_id)
            existing = self._present(records, resource_id)
            guards.check_new(records, resource_id, kind, inputs, exists=existing is not None)
            if token == _CONTAINER:
                self._containers.create(inputs["accountName"], inputs["containerName"])
            elif token == _KEY:
                self._vaults.create(inputs)
            return resource_id, self._put(records, token, resource_id, inputs)

    def read(self, resource_id: str) -> Record | None:
        """The resource as it is now; None if it is gone."""
        return self._present(self._state.read(), resource_id)

    def update(self, token: str, resource_id: str, inputs: Values) -> Values:
        """The properties afterwards. Raises: CloudError if the resource is gone."""
        with self._state.change() as records:
            if self._present(records, resource_id) is None:
                raise guards.not_found(resource_id)
            return self._put(records, token, resource_id, inputs)

    def delete(self, resource_id: str) -> None:
        """Delete it with all that is in it; nothing if it is gone. Raises: CloudError if locked."""
        with self._state.change() as records:
            guards.check_locks(records, resource_id)
            for inner in [key for key in records if arm.is_within(key, resource_id)]:
                record = records.pop(inner)
                account = record["properties"].get("accountName", "")
                if record["token"] == _CONTAINER:
                    self._containers.delete(account, record["properties"]["containerName"])
                elif record["token"] == _KEY:
                    self._vaults.delete(record["properties"])
                elif record["token"] == _ACCOUNT:
                    self._containers.delete_all(account)

    def _put(self, records: Records, token: str, resource_id: str, inputs: Values) -> Values:
        values = outputs.properties(token, resource_id, inputs, self._containers.account_url)
        if token == _KEY:
            values |= self._vaults.shown(inputs)
        records[resource_id.lower()] = {
            "id": resource_id,
            "token": token,
            "properties": values,
        }
        return values

    def _present(self, records: Records, resource_id: str) -> Record | None:
        record = records.get(resource_id.lower())
        if record is None or record["token"] != _CONTAINER:
            return record
        values = record["properties"]
        is_there = self._containers.exists(values["accountName"], values["containerName"])
        return record if is_there else None
