"""The rows of the dashboard, and what each panel shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dashboards.panels import Panel, chart, figure, spread, states
from dashboards.queries import (
    API,
    AT,
    BUCKET,
    COUNT,
    FAILED,
    JOB,
    answered,
    budget_left,
    burn,
    in_time,
    quantile,
    rate,
    recorded,
)

SIZE = "remembered {{ingenious_storage_container}}"
READ = "read a second {{ingenious_storage_container}}"
GOOD, BAD, UNSURE = "green", "red", "orange"
BURNING: Final = ((None, "transparent"), (1, "yellow"), (6, UNSURE), (14.4, BAD))


def objectives() -> list[Panel]:
    """Row of the service level objectives, and what is left of their budgets."""
    left = [(None, BAD), (0, UNSURE), (0.5, GOOD)]
    return [
        figure(
            "Answered",
            "Attempts that the store answered, in the time shown. Objective: 99.9 %.",
            answered("$__range"),
            unit="percentunit",
            shades=[(None, BAD), (0.999, GOOD)],
        ),
        figure(
            "Error budget left: availability",
            "Of the last 30 days. Below 0 the objective is missed.",
            budget_left(answered("30d"), 0.001),
            unit="percentunit",
            shades=left,
        ),
        figure(
            "Within 1 s",
            "Successful get, put, head and delete, in the time shown. Objective: 99 %.",
            in_time("$__range"),
            unit="percentunit",
            shades=[(None, BAD), (0.99, GOOD)],
        ),
        figure(
            "Error budget left: latency",
            "Of the last 30 days. Below 0 the objective is missed.",
            budget_left(in_time("30d"), 0.01),
            unit="percentunit",
            shades=left,
        ),
        figure(
            "Corrupt objects",
            "Met by those that run now, since they began. One is too many.",
            f"sum(ingenious_storage_corrupt_objects_total{{{AT}}}) or vector(0)",
            unit="none",
            shades=[(None, GOOD), (1, BAD)],
        ),
        figure(
            "Saves of unknown outcome",
            "Nobody could find out whether they landed; by those that run now.",
            "sum(ingenious_storage_lost_answers_total"
            f'{{{AT}, ingenious_storage_outcome="unknown"}}) or vector(0)',
            unit="none",
            shades=[(None, GOOD), (1, UNSURE)],
        ),
        chart(
            "Burn rate: availability",
            "How many times faster than planned the error budget goes, by window. "
            "14.4 and 6 page, 1 is a ticket.",
            *burn("failures", "attempts", 0.001),
            width=12,
            lines=BURNING,
        ),
        chart(
            "Burn rate: latency",
            "The same for requests of more than 1 s.",
            *burn("slow", "timed", 0.01),
            width=12,
            lines=BURNING,
        ),
    ]


def health() -> list[Panel]:
    """Row of health: what the probes and the alerts say now."""
    duration = f"ingenious_storage_health_duration_seconds{{{AT}}}"
    slowest = f"max by (job, ingenious_storage_container) ({duration})"
    instances = f"max by (job, instance) (ingenious_storage_health_up{{{JOB}}})"
    firing = f'ALERTS{{alertname=~"IngeniousStorage.*", alertstate="firing", {JOB}}}'
    return [
        states(
            "Health",
            "What the last health check of each instance found.",
            (
                f"ingenious_storage_health_up{{{AT}}}",
                "{{job}} {{instance}} {{ingenious_storage_container}}",
            ),
            {"0": ("down", BAD), "1": ("up", GOOD)},
        ),
        states(
            "Alerts",
            "Those that fire, of the rules in ops/alerts.",
            (firing, "{{alertname}} {{job}} {{ingenious_storage_container}}"),
            {"1": ("fires", BAD)},
        ),
        chart(
            "Duration of health checks",
            "The slowest instance; a check is given up after its timeout.",
            (slowest, "{{job}} {{ingenious_storage_container}}"),
            unit="s",
            width=12,
        ),
        chart(
            "Instances that report",
            "Of each service. None at all is an alert.",
            (f"count by (job) ({instances})", "{{job}}"),
            width=12,
        ),
    ]


def traffic() -> list[Panel]:
    """Row of traffic: attempts and bytes."""
    container = "ingenious_storage_container"
    return [
        chart(
            "Attempts by operation",
            "Requests to the store, retries and health checks included.",
            (rate(COUNT, "ingenious_storage_operation"), "{{ingenious_storage_operation}}"),
            unit="reqps",
            stacked=True,
        ),
        chart(
            "Attempts by container and store",
            "The same by where they went.",
            (
                rate(COUNT, container, "ingenious_storage_backend"),
                "{{ingenious_storage_container}} {{ingenious_storage_backend}}",
            ),
            unit="reqps",
            stacked=True,
        ),
        chart(
            "Bytes",
            "Of blobs, read and written.",
            (
                rate("ingenious_storage_io_bytes_total", "ingenious_storage_direction"),
                "{{ingenious_storage_direction}}",
            ),
            unit="Bps",
        ),
    ]


def errors() -> list[Panel]:
    """Row of errors, by code."""
    share = f"{recorded('failures', '5m')} / {recorded('attempts', '5m')}"
    return [
        chart(
            "Attempts that ended with an error",
            "By code, as in docs/errors.md. not_found, conflict and already_exists are answers.",
            (rate(COUNT, "error_type", where=f'{AT}, error_type!=""'), "{{error_type}}"),
            unit="reqps",
        ),
        chart(
            "Share of failures",
            "Of all attempts in 5 m, answers left out.",
            (share, "failed"),
            unit="percentunit",
        ),
        chart(
            "Retries",
            "Attempts after the first, by operation. All containers.",
            (
                rate("ingenious_storage_retries_total", "ingenious_storage_operation", where=JOB),
                "{{ingenious_storage_operation}}",
            ),
            unit="reqps",
        ),
    ]


def latency() -> list[Panel]:
    """Row of latency: quantiles by operation."""
    quantiles = [
        chart(
            f"{title} of successful attempts",
            "By operation; estimated between the buckets.",
            (quantile(share), "{{ingenious_storage_operation}}"),
            unit="s",
        )
        for title, share in (("Median", 0.5), ("95 %", 0.95), ("99 %", 0.99))
    ]
    return [
        *quantiles,
        spread(
            "All successful attempts",
            "How many took how long.",
            f'sum by (le) (increase({BUCKET}{{{AT}, error_type=""}}[$__rate_interval]))',
            unit="s",
        ),
        chart(
            "Mean, failed attempts",
            "How long a failure takes: a refusal is quick, a timeout is not.",
            (
                rate(COUNT.replace("_count", "_sum"), "error_type", where=f"{AT}, {FAILED}")
                + " / "
                + rate(COUNT, "error_type", where=f"{AT}, {FAILED}"),
                "{{error_type}}",
            ),
            unit="s",
            width=12,
        ),
    ]


def documents() -> list[Panel]:
    """Row of documents: revisions, conflicts and what was settled."""
    container = "ingenious_storage_container"

    def counted(title: str, meaning: str, metric: str, label: str = container) -> Panel:
        legend = "{{" + label + "}}"
        return chart(title, meaning, (rate(f"ingenious_storage_{metric}", label), legend))

    conflicts, revisions = (
        rate(f"ingenious_storage_{what}_total", container) for what in ("conflicts", "revisions")
    )
    return [
        counted("Revisions saved", "A second, by container.", "revisions_total"),
        chart(
            "Conflicts for each revision",
            "Saves that found another writer's revision. From 0.5 on a save costs double.",
            (f"{conflicts} / {revisions}", "{{ingenious_storage_container}}"),
            lines=((None, "transparent"), (0.5, UNSURE)),
        ),
        counted("Conflicts", "A second, by container.", "conflicts_total"),
        counted(
            "Blind overwrites",
            "Saves without `expected` that went on top of what they had not read. "
            "The other revision stays in the history.",
            "blind_overwrites_total",
        ),
        counted(
            "Lost answers",
            "Saves whose answer was lost, by what became of them.",
            "lost_answers_total",
            "ingenious_storage_outcome",
        ),
        counted(
            "Corrupt objects read",
            "A second. One is too many.",
            "corrupt_objects_total",
        ),
    ]


def layers() -> list[Panel]:
    """Row of the layers: what is remembered, compressed and sealed."""
    container = "ingenious_storage_container"
    kept = 'ingenious_storage_outcome!="miss"'
    reads, level = "ingenious_storage_cache_reads_total", "ingenious_storage_level"
    ratio = "{} / {}".format(
        *(
            rate(f"ingenious_storage_compression_{what}_bytes_total", "ingenious_storage_direction")
            for what in ("stored", "plain")
        )
    )
    return [
        chart(
            "Reads through the cache",
            "By who answered. stale is memory while the store is down.",
            (rate(reads, "ingenious_storage_outcome"), "{{ingenious_storage_outcome}}"),
            unit="reqps",
            stacked=True,
        ),
        chart(
            "Share answered from memory",
            "Revalidated ones too: of those the store sends no body.",
            (f"{rate(reads, where=f'{AT}, {kept}')} / {rate(reads)}", "from memory"),
            unit="percentunit",
        ),
        chart(
            "Remembered",
            "Bytes in the memory of all processes, and read from it a second.",
            (f"sum by ({container}) (ingenious_storage_cache_size_bytes{{{AT}}})", SIZE),
            (rate("ingenious_storage_cache_io_bytes_total", container), READ),
            unit="bytes",
        ),
        chart(
            "Compressed to",
            "Bytes stored for each byte of blobs, by direction.",
            (ratio, "{{ingenious_storage_direction}}"),
            unit="percentunit",
        ),
        chart(
            "Keys that were asked for",
            "By level; only document grows in a steady state. A failure of vault pages.",
            (
                rate("ingenious_storage_keys_fetches_total", level, "error_type"),
                "{{ingenious_storage_level}} {{error_type}}",
            ),
        ),
        chart(
            "Blobs that were refused",
            "Could not be unsealed, by why. One is too many.",
            (rate("ingenious_storage_encryption_refusals_total", "error_type"), "{{error_type}}"),
        ),
    ]


def api() -> list[Panel]:
    """Row of the HTTP API: what callers get."""
    count = "http_server_request_duration_seconds_count"
    bucket = "http_server_request_duration_seconds_bucket"
    total = "http_server_request_duration_seconds_sum"
    reason = "ingenious_storage_reason"
    failed = rate(count, where=f'{API}, http_response_status_code=~"5.."')
    quantiles = [
        (f"histogram_quantile({share}, {rate(bucket, 'le', where=API)})", title)
        for share, title in ((0.5, "median"), (0.95, "95 %"), (0.99, "99 %"))
    ]
    return [
        chart(
            "Requests by status",
            "Of the API and the console; probes are left out.",
            (rate(count, "http_response_status_code", where=API), "{{http_response_status_code}}"),
            unit="reqps",
            stacked=True,
        ),
        chart(
            "Share of errors",
            "Answered with 500 or more. Above 1.44 % over 1 h it pages.",
            (f"{failed} / {rate(count, where=API)}", "errors"),
            unit="percentunit",
        ),
        chart(
            "Callers who are refused",
            "A second, by why.",
            (
                rate("ingenious_storage_api_refusals_total", reason, where=JOB),
                "{{ingenious_storage_reason}}",
            ),
            unit="reqps",
        ),
        chart("Duration of requests", "Estimated between the buckets.", *quantiles, unit="s"),
        chart(
            "Mean by route",
            "By the template of the route.",
            (
                f"{rate(total, 'http_route', where=API)} / {rate(count, 'http_route', where=API)}",
                "{{http_route}}",
            ),
            unit="s",
        ),
        chart(
            "Requests under way",
            "By instance; many of them wait for the store or for the CPU.",
            (f"sum by (job, instance) (http_server_active_requests{{{JOB}}})", "{{instance}}"),
        ),
    ]


def rows() -> Mapping[str, list[Panel]]:
    """The panels of each row, by its title."""
    return {
        "Objectives": objectives(),
        "Health": health(),
        "Traffic": traffic(),
        "Errors": errors(),
        "Latency": latency(),
        "Documents": documents(),
        "Layers": layers(),
        "API": api(),
    }
