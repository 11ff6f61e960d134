"""The checks of each kind of store, in their order."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ingenious_ops.doctor.checks import (
    account,
    configuration,
    containers,
    credential,
    drivers,
    folder,
    layers,
    network,
    own,
    service,
    tls,
)
from ingenious_ops.doctor.model import Check, passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingenious_ops.doctor.context import Context
    from ingenious_storage.config import Role

FIRST = configuration.CHECKS
# Without a configuration nobody knows what to look at.
_REST = Check("storage", "Storage", "all", lambda _: passed(""), (configuration.CONFIGURATION,))


def choose(context: Context, *, revisions: bool, compares_drivers: bool = False) -> Sequence[Check]:
    """What follows the configuration.

    Args:
        revisions: write into that container too.
        compares_drivers: ask each driver of the store, and compare what they say.
    """
    if context.settings is None:
        return (_REST,)
    in_containers = partial(
        _in_containers, context, revisions=revisions, compares_drivers=compares_drivers
    )
    if context.store.open_account is not None:
        way = (*network.CHECKS, *tls.CHECKS, *service.CHECKS, *credential.CHECKS)
        return (*way, *in_containers("accepted"), *account.checks(context))
    if context.backend("data").folder is not None:
        return (*folder.CHECKS, *in_containers("folder.base"))
    return in_containers(configuration.CONFIGURATION)


def _in_containers(
    context: Context, needs: str, *, revisions: bool, compares_drivers: bool
) -> tuple[Check, ...]:
    return (
        *own.checks(context, needs),
        *containers.checks("data", _title(context, "data"), needs, writes=True),
        *(drivers.checks(context) if compares_drivers else ()),
        *containers.checks("revisions", _title(context, "revisions"), needs, writes=revisions),
        *layers.first(context),
        *layers.then(context, "data", writes=True),
        *layers.then(context, "revisions", writes=revisions),
    )


def _title(context: Context, role: Role) -> str:
    return f"Container {context.container(role)} ({role})"
