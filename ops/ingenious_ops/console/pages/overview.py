"""The overview: `/console`, and the runbooks that it leads to."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from starlette.responses import Response

from ingenious_ops.api.context import StorageOf
from ingenious_ops.api.identity.principal import Access, Principal
from ingenious_ops.console.access import Visitor
from ingenious_ops.console.alerts import alerts, rules, runbook
from ingenious_ops.console.finding import kinds_for, newest
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_storage import Label, Storage, deadline
from ingenious_storage.errors import NotFoundError, StorageError

router = pages_router()

_SHOWN: Final = 10
"""Changes."""
_PATIENCE: Final = 5
"""Seconds for the labels: who is paged opens this page, and the rest of it needs no store."""


@router.get("")
def overview(request: Request, who: Visitor, storage: StorageOf) -> Response:
    """What production runs, whether the storage answers, what would ring, what changed last."""
    report = storage.health.report()
    labels, problem = _labels(storage, who)
    return page(
        request,
        "overview.html",
        who,
        labels=labels,
        labels_problem=problem,
        report=report,
        alerts=alerts(report),
        rule_count=len(rules()),
        changes=newest(storage.catalogue, kinds_for(who), _SHOWN),
    )


@router.get("/runbook")
def what_to_do(request: Request, who: Visitor, name: str) -> Response:
    """One runbook, as it is in this release."""
    text = runbook(name)
    if text is None:
        raise NotFoundError(f"there is no runbook {name[:100]!r}")
    return page(request, "runbook.html", who, name=name, text=text)


def _labels(storage: Storage, who: Principal) -> tuple[list[Label], StorageError | None]:
    """An overview is looked at when something is wrong: then it shows what it can."""
    if not who.may(Access.READER, "revisions"):
        return [], None
    try:
        with deadline(_PATIENCE):
            return storage.prompts.list_labels(), None
    except StorageError as error:
        return [], error
