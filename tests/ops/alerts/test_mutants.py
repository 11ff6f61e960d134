"""A rule that is changed fails its tests: each of these would pass unseen otherwise."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.ops.alerts.rules import OPS
from tests.support.servers.prometheus import promtool

pytestmark = pytest.mark.slow

LONG = r"\(\n\s*\S+:increase(?:1h|6h|3d) / \S+ > .*\n\s*and"
SHORT = r"and\n\s*\S+:increase(?:5m|30m|6h) / \S+ > .*"

MUTANTS = [
    ("availability", "no guard", r">= 20", ">= 0"),
    ("availability", "half the threshold", r"(> [\d.]+ \* 0.001)", r"\1 * 0.5"),
    ("availability", "more than the threshold", r"(> [\d.]+ \* 0.001)", r"\1 * 2.5"),
    ("availability", "answers are failures", r', error_type!~"[^"]*"', ""),
    ("availability", "no long window", LONG, "("),
    ("availability", "no short window", SHORT, ""),
    ("availability", "no zero", r"or 0 \* .*", ""),
    ("latency", "no guard", r">= 20", ">= 0"),
    ("latency", "half the threshold", r"(> [\d.]+ \* 0.01)", r"\1 * 0.5"),
    ("latency", "another boundary", r'le=~"[^"]*"', 'le="0.5"'),
    ("latency", "listings count", r', ingenious_storage_operation=~"[^"]*"', ""),
    ("latency", "failures count", r'error_type="", ', ""),
    ("latency", "no long window", LONG, "("),
    ("latency", "no short window", SHORT, ""),
    ("requests", "no guard", r">= (20|5)\b", ">= 1"),
    ("requests", "half the threshold", r"> 0\.(\d+)", r"> 0.0\1"),
    ("requests", "twice the threshold", r"> 0\.0?1", r"> 0.22"),
    ("requests", "no wait", r"for: 5m", "for: 0s"),
    ("requests", "any error throttles", r'error_type="throttled"', 'error_type!=""'),
    ("requests", "one refusal forgotten", r"authentication_failed\|", ""),
    ("documents", "the first is soon forgotten", r"offset 1h", "offset 1m"),
    ("documents", "old ones count", r"unless \S+ offset 1h", ""),
    ("documents", "settled answers count", r'ingenious_storage_outcome="unknown"', ""),
    ("documents", "no guard", r">= 20", ">= 1"),
    ("documents", "half the threshold", r"> 0\.5", "> 0.25"),
    ("layers", "no guard", r">= (20|5)\b", ">= 1"),
    ("layers", "the first is soon forgotten", r"offset (1h|15m)", "offset 1m"),
    ("layers", "old ones count", r"unless \S+(, error_type!=\S+)? offset \w+", ""),
    ("layers", "any key", r'ingenious_storage_level="vault", ', ""),
    ("layers", "what went well counts", r', error_type!=""', ""),
    ("layers", "any answer is stale", r'ingenious_storage_outcome="stale"', ""),
    ("api", "no guard", r">= 20", ">= 1"),
    ("api", "half the threshold", r"> 14\.4", "> 7.2"),
    ("api", "more than the threshold", r"> 14\.4", "> 28.8"),
    ("api", "no long window", r"\(\n\s*sum.*\n\s*/ sum.*\[1h.*\n\s*and", "("),
    ("api", "no short window", r"and\n\s*sum.*\[5m.*\n\s*/ sum.*\[5m.*", ""),
    ("api", "refusals of the caller are errors", r'=~"5\.\."', '=~"[45].."'),
    ("api", "another quantile", r"0\.99", "0.999"),
    ("api", "another limit", r"> 1\n", "> 5\n"),
    ("api", "exports count", r'http_route!~"[^"]*", ', ""),
    ("api", "failures are slow too", r', http_response_status_code!~"5\.\."', ""),
    ("api", "a host's routes count", r'http_route=~"[^"]*"', 'http_route!=""'),
    ("api", "anybody's requests", r"and on \(job\) ingenious_storage_api.*", ""),
    ("api", "no wait", r"for: 5m", "for: 0s"),
    ("api", "what is usual fires", r"unless\n.*\n.*", ""),
    ("api", "whoever was refused before is not told", r"<= 4 \*", "<= 400 *"),
    ("health", "one instance is enough", r"avg by", "min by"),
    ("health", "all instances are needed", r"avg by", "max by"),
    ("health", "no wait", r"for: \w+", "for: 0s"),
    ("health", "never there is fine", r"or on \(\) absent\(.*", ""),
    ("health", "gone is fine", r"unless group by \(job\) \(\w+\)", "unless vector(1)"),
]


@pytest.mark.parametrize(
    ("name", "pattern", "instead"),
    [(name, pattern, instead) for name, _, pattern, instead in MUTANTS],
    ids=[f"{name}-{what.replace(' ', '_')}" for name, what, _, _ in MUTANTS],
)
def test_the_tests_see_it(name: str, pattern: str, instead: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(OPS / "alerts", tmp_path / "alerts"))
    file = folder / f"{name}.yml"
    changed, count = re.subn(pattern, instead, file.read_text("utf-8"))
    assert count
    file.write_text(changed)
    promtool("check", "rules", file)
    with pytest.raises(AssertionError, match="FAILED"):
        promtool("test", "rules", *sorted(folder.glob(f"tests/{name}*.yml")))
