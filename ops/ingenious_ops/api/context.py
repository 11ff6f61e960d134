"""Context: what every route of one application shares, and the dependencies that give it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from ingenious_ops.api.errors import ForbiddenError
from ingenious_ops.api.identity.authenticator import Authenticator
from ingenious_ops.api.identity.principal import Access, Principal
from ingenious_ops.api.identity.sessions import Sessions
from ingenious_ops.api.reads.held import Held
from ingenious_storage import Storage
from ingenious_storage.config import Role


@dataclass(frozen=True, slots=True)
class Context:
    """One application: its storage, and who may use it."""

    storage: Storage
    authenticator: Authenticator
    sessions: Sessions
    held: Held = field(default_factory=Held)
    """What is answered without a thread."""


def context_of(request: Request) -> Context:
    """The context of the application that answers `request`."""
    found: Context = request.app.state.context
    return found


async def storage_of(request: Request) -> Storage:
    """The storage of the application. A coroutine, since others are run in a thread."""
    return context_of(request).storage


def require(principal: Principal, access: Access, container: Role) -> None:
    """Raise ForbiddenError, unless `principal` has `access` to the container."""
    if not principal.may(access, container):
        raise ForbiddenError(f"{principal.name} is no {access.name.lower()} of {container}")


def needs(access: Access, container: Role) -> Callable[[Request], Awaitable[Principal]]:
    """A dependency: who asks, if they may. Raises: UnauthenticatedError, ForbiddenError."""

    async def allowed(request: Request) -> Principal:
        principal = await context_of(request).authenticator.principal(request)
        require(principal, access, container)
        return principal

    return allowed


StorageOf = Annotated[Storage, Depends(storage_of)]
MemoryReader = Annotated[Principal, Depends(needs(Access.READER, "data"))]
MemoryEditor = Annotated[Principal, Depends(needs(Access.EDITOR, "data"))]
MemoryAdmin = Annotated[Principal, Depends(needs(Access.ADMIN, "data"))]
PromptReader = Annotated[Principal, Depends(needs(Access.READER, "revisions"))]
PromptEditor = Annotated[Principal, Depends(needs(Access.EDITOR, "revisions"))]
PromptAdmin = Annotated[Principal, Depends(needs(Access.ADMIN, "revisions"))]
