"""Methods: which ones a path has, from the application's own table of routes.

The first route whose path fits would answer alone: `Allow: GET` where PUT and DELETE are too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from starlette.routing import BaseRoute, Match
from starlette.types import Scope

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Those that change nothing (RFC 9110)."""
_FILES: Final = ("GET", "HEAD")
"""What mounts answer: static files, health."""

ROOT: Final = "ingenious_storage.root_path"
"""In the scope: the prefix at which the application itself is mounted."""


def allowed(scope: Scope) -> list[str]:
    """The methods of the path of `scope`, sorted; none where nothing is."""
    found = {
        method for route in fitting(scope) for method in getattr(route, "methods", None) or _FILES
    }
    if "GET" in found:
        found.add("HEAD")
    return sorted({*found, "OPTIONS"}) if found else []


def fitting(scope: Scope) -> Iterable[BaseRoute]:
    """The routes whose path fits, whatever their methods are."""
    routes: list[BaseRoute] = scope["app"].routes
    # A mount inside may have gone on with its own prefix in this scope.
    outer = {**scope, "root_path": scope.get(ROOT, scope.get("root_path", ""))}
    return (route for route in routes if route.matches(outer)[0] is not Match.NONE)
