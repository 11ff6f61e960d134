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
    Without the other records of keys nothing can be read: versions of them, which would undo
    `keys destroy`, live as long as those of the history.
    """
    data, revisions = settings.container_data, settings.container_revisions
    heads = [f"{data}/conversations/", f"{revisions}/prompts/", f"{revisions}/labels/"]
    history = [f"{data}/history/", f"{revisions}/history/"]
    keys = [f"{data}/keys/documents/", f"{revisions}/keys/documents/"]
    higher = ("keys/master/", "keys/container.json")
    above = [f"{container}/{record}" for container in (data, revisions) for record in higher]
    controls = settings.controls
    return storage.ManagementPolicySchemaArgs(
        rules=[
            _delete_versions("head-versions", heads, controls.head_version_days),
            _delete_versions("history-versions", history, controls.history_version_days),
            _delete_versions("key-versions", keys, KEY_VERSION_DAYS),
            _delete_versions("master-key-versions", above, controls.history_version_days),
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
