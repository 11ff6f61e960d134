"""The identities of the application and the publisher, and who may do what in which container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization, managedidentity

from ingenious_infra.components.naming import Names
from ingenious_infra.settings import Settings

# Azure's built-in roles, the same in every tenant.
CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
CRYPTO_USER = "12338af0-0e69-4776-bea7-57ae8d297424"

_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"
_GITHUB_ISSUER = "https://token.actions.githubusercontent.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessArgs:
    """Whom to admit, and to which containers (resource ids)."""

    settings: Settings
    names: Names
    resource_group_name: pulumi.Input[str]
    resource_group_id: pulumi.Input[str]
    containers: Mapping[str, pulumi.Input[str]]
    client_key_id: pulumi.Input[str] | None


class Access(pulumi.ComponentResource):
    """The application writes data and reads revisions; the publisher writes revisions.

    Where applications encrypt, both may wrap and unwrap with the key: what a publisher writes is
    encrypted too, and it still reads no data.
    """

    application: managedidentity.UserAssignedIdentity
    publisher: managedidentity.UserAssignedIdentity

    def __init__(
        self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ingenious:storage:Access", name, None, opts)
        self._args = args
        self._opts = pulumi.ResourceOptions(parent=self)
        self.application = self._identity("application")
        self.publisher = self._identity("publisher")
        self._contributor = self._contributor_role()
        self._reader = self._built_in(READER)
        self._applications()
        self._publishers()
        if args.settings.ci_repository is not None:
            self._federate(args.settings.ci_repository)
        self.register_outputs(
            {
                "application_client_id": self.application.client_id,
                "publisher_client_id": self.publisher.client_id,
            }
        )

    def _identity(self, part: str) -> managedidentity.UserAssignedIdentity:
        return managedidentity.UserAssignedIdentity(
            part,
            resource_name_=self._args.names.of("id", part),
            resource_group_name=self._args.resource_group_name,
            location=self._args.settings.location,
            tags=self._args.names.tags,
            opts=self._opts,
        )

    def _applications(self) -> None:
        settings = self._args.settings
        self._admit("application", self.application.principal_id, "ServicePrincipal")
        if settings.api_edits_prompts:
            self._assign(
                "api-revisions",
                self.application.principal_id,
                "ServicePrincipal",
                self._args.containers["revisions"],
                self._contributor,
            )
        for principal in settings.application_principals:
            self._admit(f"application-{principal}", principal, "ServicePrincipal")
        for person in settings.people:
            self._admit(f"person-{person}", person, "User")

    def _admit(self, who: str, principal: pulumi.Input[str], kind: str) -> None:
        containers = self._args.containers
        self._assign(f"{who}-data", principal, kind, containers["data"], self._contributor)
        self._assign(f"{who}-revisions", principal, kind, containers["revisions"], self._reader)
        self._give_key(who, principal, kind)

    def _give_key(self, who: str, principal: pulumi.Input[str], kind: str) -> None:
        if (key := self._args.client_key_id) is not None:
            self._assign(f"{who}-client-key", principal, kind, key, self._built_in(CRYPTO_USER))

    def _publishers(self) -> None:
        settings = self._args.settings
        principals: dict[str, pulumi.Input[str]] = {"publisher": self.publisher.principal_id}
        principals |= {f"publisher-{given}": given for given in settings.publisher_principals}
        for who, principal in principals.items():
            scope = self._args.containers["revisions"]
            name = f"{who}-revisions"
            self._assign(name, principal, "ServicePrincipal", scope, self._contributor)
            self._give_key(who, principal, "ServicePrincipal")

    def _assign(
        self,
        name: str,
        principal: pulumi.Input[str],
        kind: str,
        scope: pulumi.Input[str],
        role: pulumi.Input[str],
    ) -> None:
        authorization.RoleAssignment(
            name,
            role_assignment_name=self._args.names.guid("role-assignment", name),
            scope=scope,
            principal_id=principal,
            principal_type=kind,
            role_definition_id=role,
            # The name is the same after a change, and Azure refuses a second one of that name.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )

    def _built_in(self, role: str) -> str:
        return role_id(self._args.names.subscription_id, role)

    def _contributor_role(self) -> pulumi.Input[str]:
        """Contributor, or a role of our own that can do the same except delete a container."""
        if not self._args.settings.keep_containers:
            return self._built_in(CONTRIBUTOR)
        role = authorization.RoleDefinition(
            "blob-writer",
            role_definition_id=self._args.names.guid("role-definition", "blob-writer"),
            role_name=self._args.names.of("blob-writer"),
            role_type="CustomRole",
            description="Reads, writes and deletes blobs; cannot create or delete a container.",
            scope=self._args.resource_group_id,
            assignable_scopes=[self._args.resource_group_id],
            permissions=[
                authorization.PermissionArgs(
                    actions=[f"{_CONTAINERS}/read"],
                    not_actions=[],
                    data_actions=[
                        f"{_CONTAINERS}/blobs/{verb}"
                        for verb in ("read", "write", "delete", "add/action", "move/action")
                    ],
                    not_data_actions=[],
                )
            ],
            opts=self._opts,
        )
        return role.id

    def _federate(self, repository: str) -> None:
        environment = self._args.settings.environment
        managedidentity.FederatedIdentityCredential(
            "publisher-github",
            federated_identity_credential_resource_name="github",
            resource_name_=self.publisher.name,
            resource_group_name=self._args.resource_group_name,
            issuer=_GITHUB_ISSUER,
            subject=f"repo:{repository}:environment:{environment}",
            audiences=["api://AzureADTokenExchange"],
            opts=self._opts,
        )


def role_id(subscription_id: str, role: str) -> str:
    """Return the full id of a built-in role, as Azure spells it back."""
    provider = "providers/Microsoft.Authorization/roleDefinitions"
    return f"/subscriptions/{subscription_id}/{provider}/{role}"
