"""Configuration: read from arguments, variables and files, checked, and told where it is from."""

from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.config.azure.connection_string import (
    ConnectionString,
    parse_connection_string,
)
from ingenious_storage.config.display import Explained, explain, redact
from ingenious_storage.config.init import (
    CONFIG_TEMPLATE,
    ENV_TEMPLATE,
    PROFILES_TEMPLATE,
    init_files,
)
from ingenious_storage.config.loading import Profiles, Settings, find_profiles, load_settings
from ingenious_storage.config.models import RetrySettings, Role, StorageSettings
from ingenious_storage.config.sources.layers import Origin
from ingenious_storage.config.telemetry import TelemetrySettings

__all__ = [
    "CONFIG_TEMPLATE",
    "ENV_TEMPLATE",
    "PROFILES_TEMPLATE",
    "AzureAccount",
    "ConnectionString",
    "CredentialKind",
    "Explained",
    "Origin",
    "Profiles",
    "RetrySettings",
    "Role",
    "Settings",
    "StorageSettings",
    "TelemetrySettings",
    "explain",
    "find_profiles",
    "init_files",
    "load_settings",
    "parse_connection_string",
    "redact",
]
