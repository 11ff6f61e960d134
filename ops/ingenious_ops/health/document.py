"""A report as `application/health+json` (draft-inadarei-api-health-check-06).

It names no account, host or container and quotes no error: anybody may be able to read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

from ingenious_storage.health import ComponentHealth, Health, HealthReport

NAME: Final = "ingenious-storage"
MEDIA_TYPE: Final = "application/health+json"
_UNKNOWN: Final = "no check has ended yet"


def verdict(report: HealthReport | None, health: Health) -> dict[str, Any]:
    """Status, what is wrong, and each container: the answer of `/readyz`."""
    if report is None:
        return {"status": "fail", "output": _UNKNOWN}
    if report.age > health.stale_after:
        return {"status": "fail", "output": f"the last check ended {report.age:.0f} s ago"}
    troubles = [f"{one.container}: {one.code}" for one in report.components if one.code]
    return {
        "status": report.status,
        **({"output": ", ".join(troubles)} if troubles else {}),
        "checks": {f"{NAME}:{one.container}": [_check(one)] for one in report.components},
    }


def document(report: HealthReport | None, health: Health, service_id: str) -> dict[str, Any]:
    """The whole of `/health`."""
    release = version(NAME)
    return {
        "version": ".".join(release.split(".")[:2]),
        "releaseId": release,
        "serviceId": service_id,
        "notes": [
            f"checked every {health.interval:g} s, given up after {health.timeout:g} s",
            "`ingenious-storage doctor` says more, on the machine where this runs",
        ],
        **verdict(report, health),
    }


def status_code(answer: Mapping[str, Any]) -> int:
    """200 for pass and warn, 503 for fail: load balancers want exactly 200."""
    return 503 if answer["status"] == "fail" else 200


def _check(one: ComponentHealth) -> dict[str, Any]:
    found = {
        "componentType": "datastore",
        "observedValue": one.latency_ms,
        "observedUnit": "ms",
        "status": one.status,
        "time": one.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    return found if one.code is None else {**found, "output": one.code}
