"""The alert rules, as data: what is watched, from where on it is wrong, and how bad that is."""

from __future__ import annotations

from dataclasses import dataclass

from ingenious_infra.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One metric of the blob service; `threshold` None learns it from the metric's past."""

    name: str
    metric: str
    severity: int
    description: str
    operator: str = "GreaterThan"
    aggregation: str = "Average"
    threshold: float | None = None
    window: str = "PT5M"
    frequency: str = "PT5M"
    response_types: tuple[str, ...] = ()


def alerts(settings: Settings) -> tuple[Alert, ...]:
    """Return the rules of AMBA for storage, with the environment's availability and budget."""
    controls = settings.controls
    return (
        Alert(
            name="availability",
            metric="Availability",
            operator="LessThan",
            threshold=controls.availability_percent,
            severity=controls.availability_severity,
            description=f"Fewer than {controls.availability_percent:g} % of requests succeed",
        ),
        Alert(
            name="latency-end-to-end",
            metric="SuccessE2ELatency",
            severity=3,
            description="Requests take longer than usual, the network included",
        ),
        Alert(
            name="latency-server",
            metric="SuccessServerLatency",
            threshold=500,
            severity=2,
            description="The service takes more than 500 ms a request",
        ),
        Alert(
            name="egress",
            metric="Egress",
            aggregation="Total",
            severity=3,
            description="More is read than usual",
        ),
        Alert(
            name="ingress",
            metric="Ingress",
            aggregation="Total",
            severity=3,
            description="More is written than usual",
        ),
        Alert(
            name="capacity",
            metric="BlobCapacity",
            threshold=settings.capacity_budget_gb * 1_000_000_000,
            window="PT6H",
            frequency="PT1H",
            severity=3,
            description=f"More than {settings.capacity_budget_gb} GB is stored, versions included",
        ),
        *_transactions(),
    )


def _transactions() -> tuple[Alert, ...]:
    return (
        Alert(
            name="throttled",
            metric="Transactions",
            aggregation="Total",
            response_types=("ServerBusyError", "ClientThrottlingError"),
            threshold=10,
            severity=2,
            description="More than 10 requests in 5 minutes were throttled",
        ),
        Alert(
            name="denied",
            metric="Transactions",
            aggregation="Total",
            response_types=("AuthorizationError",),
            threshold=20,
            window="PT15M",
            severity=2,
            description="More than 20 requests in 15 minutes were denied",
        ),
        Alert(
            name="server-errors",
            metric="Transactions",
            aggregation="Total",
            response_types=("ServerTimeoutError", "ServerOtherError"),
            threshold=0,
            severity=2,
            description="The service failed at a request",
        ),
    )
