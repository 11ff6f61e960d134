"""The expressions of the dashboard: what counts is said once, in the rules of ops/alerts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

JOB: Final = 'job=~"$service"'
AT: Final = f'{JOB}, ingenious_storage_container=~"$container"'
API: Final = f'{JOB}, http_route=~"/(api/v1|console).*"'
COUNT: Final = "ingenious_storage_operation_duration_seconds_count"
BUCKET: Final = "ingenious_storage_operation_duration_seconds_bucket"
ONE_BLOB: Final = 'error_type="", ingenious_storage_operation=~"get|put|head|delete"'
RULES: Final = Path(__file__).parents[1] / "alerts" / "availability.yml"
FAILED: Final = re.findall(r'error_type!="", error_type!~"[^"]*"', RULES.read_text("utf-8"))[0]


def rate(metric: str, *labels: str, where: str = AT) -> str:
    """Events a second, added up by some labels."""
    by = f" by ({', '.join(labels)})" if labels else ""
    return f"sum{by} (rate({metric}{{{where}}}[$__rate_interval]))"


def increase(metric: str, where: str, window: str) -> str:
    """How much a counter grew within `window`, such as "1h", over all series that match `where`."""
    return f"sum(increase({metric}{{{where}}}[{window}]))"


def answered(window: str) -> str:
    """The share of attempts within `window` that the store answered, 0 to 1."""
    failed = increase(COUNT, f"{AT}, {FAILED}", window)
    return f"1 - ({failed} or vector(0)) / {increase(COUNT, AT, window)}"


def in_time(window: str) -> str:
    """The share of requests for one blob within `window` that took a second at most, 0 to 1."""
    fast = increase(BUCKET, f'{AT}, {ONE_BLOB}, le=~"1|1[.]0"', window)
    return f"{fast} / {increase(COUNT, f'{AT}, {ONE_BLOB}', window)}"


def budget_left(share: str, allowed: float) -> str:
    """What is left of an error budget: `share` is what went well, `allowed` what may go wrong."""
    return f"1 - (1 - ({share})) / {allowed}"


def burn(bad: str, of: str, allowed: float) -> list[tuple[str, str]]:
    """How fast the error budget goes, by window, of what the rules record."""
    return [
        (f"{recorded(bad, window)} / {recorded(of, window)} / {allowed}", window)
        for window in ("1h", "6h", "3d")
    ]


def recorded(what: str, window: str) -> str:
    """A sum that a recording rule of ops/alerts keeps for `window`."""
    return f"sum(job_container:ingenious_storage_{what}:increase{window}{{{AT}}})"


def quantile(share: float) -> str:
    """Seconds that `share` of the successful attempts stayed below, by operation."""
    buckets = rate(BUCKET, "le", "ingenious_storage_operation", where=f'{AT}, error_type=""')
    return f"histogram_quantile({share}, {buckets})"
