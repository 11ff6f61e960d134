"""Health of the storage: one cheap read of each container, shared by all who ask."""

from ingenious_storage.health.health import Health, Probed
from ingenious_storage.health.probe import MOST_UNANSWERED
from ingenious_storage.health.report import ComponentHealth, HealthReport, Status
from ingenious_storage.health.telemetry import LOGGER

__all__ = [
    "LOGGER",
    "MOST_UNANSWERED",
    "ComponentHealth",
    "Health",
    "HealthReport",
    "Probed",
    "Status",
]
