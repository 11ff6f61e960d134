"""Names of resources, derived so that two stacks never share one and a second run repeats it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from ingenious_infra.settings import Settings


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one stack in one subscription."""

    settings: Settings
    stack: str
    subscription_id: str

    @property
    def resource_group(self) -> str:
        """The name of the resource group."""
        return self.of("rg")

    @property
    def account(self) -> str:
        """The configured name, or workload, environment and six hexadecimal digits of the stack."""
        if self.settings.account_name is not None:
            return self.settings.account_name
        workload = self.settings.name.replace("-", "")
        return f"{workload}{self.settings.environment}{self._digest(6)}"

    @property
    def vault(self) -> str:
        """At most 24 characters, as Key Vault wants it; unique in the world like an account's."""
        return f"kv-{self.settings.name[:11].rstrip('-')}-{self._digest(8)}"

    @property
    def container_app(self) -> str:
        """At most 32 characters, as Container Apps want it."""
        return f"ca-{self.settings.name}-{self._digest(8)}"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of every resource: the settings' own, and whose stack it is."""
        return {
            **self.settings.tags,
            "environment": self.settings.environment,
            "workload": self.settings.name,
            "stack": self.stack,
            "managed-by": "pulumi",
            **({"ephemeral": "true"} if self.settings.ephemeral else {}),
        }

    def of(self, kind: str, part: str = "") -> str:
        """Return a name such as `id-ingenious-dev-application`, unique in the subscription."""
        return "-".join(filter(None, (kind, self.settings.name, self.stack, part)))

    def guid(self, *parts: str) -> str:
        """Return the same GUID for the same parts in every run, for what Azure names by GUID."""
        return str(uuid5(NAMESPACE_URL, "/".join((self.subscription_id, self.stack, *parts))))

    def _digest(self, length: int) -> str:
        identity = f"{self.subscription_id}/{self.settings.name}/{self.stack}"
        return hashlib.sha256(identity.encode()).hexdigest()[:length]
