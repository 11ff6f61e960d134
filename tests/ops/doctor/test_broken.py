"""Set-ups that are broken, each in one way: the right check fails, says why and what to do."""

from __future__ import annotations

import re

import pytest

from tests.ops.doctor.bench import Bench
from tests.ops.doctor.cases import (
    containers,
    credential,
    folder,
    gcs,
    layers,
    network,
    s3,
    s3_refusals,
    service,
    settings,
)
from tests.ops.doctor.cases.case import CASES, Case
from tests.ops.doctor.test_healthy import check

MODULES = (settings, network, service, credential, containers, folder, s3, s3_refusals, gcs, layers)


@pytest.mark.parametrize("each", CASES, ids=lambda each: each.name)
def test_it_says_what_is_wrong(bench: Bench, each: Case) -> None:
    each.arrange(bench)
    report = bench.report(each.exit)
    found = check(report, each.check)
    assert found["status"] == each.status, report["checks"]
    assert re.search(each.said, found["summary"]), found["summary"]
    assert re.search(each.hint, found["hint"]), found["hint"]
    if each.code is not None:
        assert found["code"] == each.code
    blamed = {one["name"]: one["because"] for one in report["checks"] if one["because"]}
    for name in each.blocks:
        assert blamed[name] == each.check
    firsts = [one["name"] for one in report["checks"] if one["status"] == each.status]
    assert firsts[0] == each.check, "what is named first is the cause"
    assert bench.left_behind() == []


def test_there_are_enough() -> None:
    assert len(CASES) >= 40
    assert {each.arrange.__module__ for each in CASES} == {each.__name__ for each in MODULES}
    assert len({each.name for each in CASES}) == len(CASES)
