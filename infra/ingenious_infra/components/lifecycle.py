"""Lifecycle rules: how long the account keeps versions. No rule deletes the blobs themselves."""

from __future__ import annotations

from pulumi_azure_native import storage

from ingenious_infra.settings import Settings

KEY_VERSION_DAYS = 1


def version_rules(settings: Settings) -> storage.ManagementPolicySchemaArgs:
    """Return the rules, by the folders that the runtime library writes to.

    Heads are overwritten at each save and carry their history themselves, so that versions of
    them are a short safety net; what lies under `history/` is written once. A version of a
    document's key would bring back what was erased: none lives longer than Azure counts, a day.
    """
    data, revisions = settings.container_data, settings.container_revisions
    heads = [f"{data}/conversations/", f"{revisions}/prompts/", f"{revisions}/labels/"]
    history = [f"{data}/history/", f"{revisions}/history/"]
    keys = [f"{data}/keys/documents/", f"{revisions}/keys/documents/"]
    return storage.ManagementPolicySchemaArgs(
        rules=[
            _delete_versions("head-versions", heads, settings.controls.head_version_days),
            _delete_versions("history-versions", history, settings.controls.history_version_days),
            _delete_versions("key-versions", keys, KEY_VERSION_DAYS),
        ]
    )


def _delete_versions(name: str, prefixes: list[str], days: int) -> storage.ManagementPolicyRuleArgs:
    return storage.ManagementPolicyRuleArgs(
        name=name,
        enabled=True,
        type=storage.RuleType.LIFECYCLE,
        definition=storage.ManagementPolicyDefinitionArgs(
            filters=storage.ManagementPolicyFilterArgs(
                blob_types=["blockBlob"], prefix_match=prefixes
            ),
            actions=storage.ManagementPolicyActionArgs(
                version=storage.ManagementPolicyVersionArgs(
                    delete=storage.DateAfterCreationArgs(days_after_creation_greater_than=days)
                )
            ),
        ),
    )
