"""Configuration: read from arguments, variables and files, checked, and told where it is from."""

from ingenious_storage.config.api.access import AccessRole, ApiKey, Grant
from ingenious_storage.config.api.settings import ApiSettings
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.config.azure.connection_string import (
    ConnectionString,
    parse_connection_string,
)
from ingenious_storage.config.azure.endpoint import AZURE_SUFFIXES, emulator_command
from ingenious_storage.config.azure.settings import AzureSettings
from ingenious_storage.config.azure.shared_keys import EMULATOR_KEY
from ingenious_storage.config.display import Explained, explain, redact
from ingenious_storage.config.init import (
    CONFIG_TEMPLATE,
    ENV_TEMPLATE,
    PROFILES_TEMPLATE,
    init_files,
)
from ingenious_storage.config.loading import Profiles, find_profiles, load_settings
from ingenious_storage.config.models import ROLES, RetrySettings, Role, StorageSettings
from ingenious_storage.config.section import StoreSettings
from ingenious_storage.config.settings import Settings
from ingenious_storage.config.sources.layers import Origin
from ingenious_storage.config.sources.variables import PROFILES, find_file, read_variables
from ingenious_storage.config.sources.yaml_file import is_null, read_yaml
from ingenious_storage.config.stores.local import LocalSettings
from ingenious_storage.config.telemetry import TelemetrySettings
from ingenious_storage.config.unresolved import Portable, portable

__all__ = [
    "AZURE_SUFFIXES",
    "CONFIG_TEMPLATE",
    "EMULATOR_KEY",
    "ENV_TEMPLATE",
    "PROFILES",
    "PROFILES_TEMPLATE",
    "ROLES",
    "AccessRole",
    "ApiKey",
    "ApiSettings",
    "AzureAccount",
    "AzureSettings",
    "ConnectionString",
    "CredentialKind",
    "Explained",
    "Grant",
    "LocalSettings",
    "Origin",
    "Portable",
    "Profiles",
    "RetrySettings",
    "Role",
    "Settings",
    "StorageSettings",
    "StoreSettings",
    "TelemetrySettings",
    "emulator_command",
    "explain",
    "find_file",
    "find_profiles",
    "init_files",
    "is_null",
    "load_settings",
    "parse_connection_string",
    "portable",
    "read_variables",
    "read_yaml",
    "redact",
]
