"""The queries of the dashboard, as Grafana would send them."""

from __future__ import annotations

import json
from typing import Any

from tests.ops.alerts.rules import OPS

DASHBOARD = OPS / "dashboards/ingenious-storage.json"

_VALUES = {"$__rate_interval": "1m", "$__range": "1h", "$service": ".*", "$container": ".*"}


def panels(page: dict[str, Any]) -> list[dict[str, Any]]:
    """Those that show something; rows do not."""
    return [panel for panel in page["panels"] if panel["type"] != "row"]


def queries(*, raw: bool = False) -> list[str]:
    """Every expression, with Grafana's variables filled in unless it is `raw`."""
    page = json.loads(DASHBOARD.read_bytes())
    found = [target["expr"] for panel in panels(page) for target in panel["targets"]]
    return found if raw else [filled(expr) for expr in found]


def filled(expr: str, **durations: str) -> str:
    """With Grafana's variables filled in; `rate_interval` and `range` may be given."""
    given = {f"$__{name}": value for name, value in durations.items()}
    for variable, value in {**_VALUES, **given}.items():
        expr = expr.replace(variable, value)
    return expr
