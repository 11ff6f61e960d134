"""The section `telemetry:`: what is read, what is refused, and that its secrets are never shown."""

from __future__ import annotations

import pytest

from ingenious_storage.config import explain
from tests.library.config.conftest import Load
from tests.library.config.refusals import CANARY, refused

RESOURCE = "InstrumentationKey=8d9eb1c2-6f0d-4d5b-9c5e-6f3f6a1e2b11"
STRING = f"{RESOURCE};IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/"


@pytest.mark.parametrize(
    ("text", "exporters"),
    [
        ("{}", ("none",)),
        ("{exporter: otlp}", ("otlp",)),
        ("{exporter: [otlp, prometheus]}", ("otlp", "prometheus")),
        ("{exporter: 'otlp, console'}", ("otlp", "console")),
        ("{exporter: [otlp, otlp]}", ("otlp",)),
        ("{exporter: []}", ("none",)),
    ],
)
def test_one_exporter_or_several(load: Load, text: str, exporters: tuple[str, ...]) -> None:
    section = load(config=f"telemetry: {text}").telemetry
    assert section.exporter == exporters
    assert section.is_on == (exporters != ("none",))


def test_variables_and_what_is_shown(load: Load) -> None:
    environ = {
        "INGENIOUS_TELEMETRY__EXPORTER": "otlp,azure_monitor",
        "INGENIOUS_TELEMETRY__HEADERS": f"Authorization=Bearer%20{CANARY},x-team=a%2Cb",
        "INGENIOUS_TELEMETRY__ENDPOINT": "https://collector.example.org/otlp/",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": f"{STRING};X={CANARY}",
    }
    settings = load(environ=environ)
    section = settings.telemetry
    assert section.endpoint == "https://collector.example.org/otlp"
    assert section.otlp_headers() == {"authorization": f"Bearer {CANARY}", "x-team": "a,b"}
    lines = {line.key: line for line in explain(settings)}
    assert lines["telemetry.exporter"].value == "otlp, azure_monitor"
    assert lines["telemetry.headers"].value == "***"
    secret = lines["telemetry.connection_string"]
    assert (secret.value, secret.origin) == ("***", "APPLICATIONINSIGHTS_CONNECTION_STRING")
    assert CANARY not in repr(settings) + "".join(line.value for line in lines.values())


REFUSED = {
    "exporter: statsd": "must be 'none', 'console'",
    "exporter: [none, otlp]": "none stands beside another exporter",
    "endpoint: collector:4318": "not the URL of a collector",
    f"endpoint: 'https://user:{CANARY}@host'": "not the URL of a collector",
    f"endpoint: 'https://host/?key={CANARY}'": "not the URL of a collector",
    "endpoint: 'http://host:99999'": "not the URL of a collector",
    "endpoint: ftp://host": "not the URL of a collector",
    f"headers: 'Bearer {CANARY}'": "not a list of headers",
    f"headers: 'a b={CANARY}'": "not a list of headers",
    f"headers: 'a={CANARY}%0d%0ax: y'": "not a list of headers",
    f"headers: 'a={CANARY}', endpoint: 'http://collector:4318'": "would travel in the clear",
    "exporter: azure_monitor": "telemetry.connection_string is missing",
    f"exporter: azure_monitor, connection_string: '{CANARY}'": "not one of Application Insights",
    f"exporter: azure_monitor, connection_string: 'InstrumentationKey={CANARY}'": (
        "not one of Application Insights"
    ),
    f"exporter: azure_monitor, connection_string: '{RESOURCE};IngestionEndpoint=http://h/'": (
        "not one of Application Insights"
    ),
    "sampling_ratio: 1.5": "less than or equal to 1",
    "sampling_ratio: -0.1": "greater than or equal to 0",
    "sampling_ratio: .nan": "sampling_ratio",
    "metric_interval: 0": "greater than 0",
    "service_name: ''": "service_name",
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.items(), ids=REFUSED)
def test_what_is_refused_says_where(load: Load, text: str, expected: str) -> None:
    refused(lambda: load(config=f"telemetry: {{{text}}}"), expected, "(config.yml:1)")


def test_plain_http_with_headers_is_for_this_machine(load: Load) -> None:
    text = "telemetry: {headers: a=b, endpoint: 'http://127.0.0.1:4318'}"
    assert load(config=text).telemetry.endpoint == "http://127.0.0.1:4318"


def test_a_connection_string_that_nobody_uses_is_left_alone(load: Load) -> None:
    environ = {"APPLICATIONINSIGHTS_CONNECTION_STRING": "of another software"}
    assert load(environ=environ).telemetry.exporter == ("none",)
