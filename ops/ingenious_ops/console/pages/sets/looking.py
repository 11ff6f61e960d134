"""One prompt set at one revision, and one of its files with line numbers."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from ingenious_ops.api.context import StorageOf
from ingenious_ops.console.access import PromptReader
from ingenious_ops.console.downloads import download
from ingenious_ops.console.pages.sets.parameters import FileIn, NameIn, RevisionIn
from ingenious_ops.console.prompts.drafts import is_editable
from ingenious_ops.console.prompts.sets import SetView, pins_of, view_of
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_storage.errors import PromptNotFoundError

MOST_LINES = 5_000
"""Lines of a file on one page; all of it can be downloaded."""

router = pages_router()


@router.get("/set")
def one_set(
    request: Request,
    who: PromptReader,
    storage: StorageOf,
    name: NameIn,
    revision: RevisionIn = None,
) -> Response:
    """Its files, the labels that pin it, and what can be done."""
    it = view_of(storage.prompts, name, revision)
    pins = pins_of(storage.prompts.list_labels(), name)
    return page(request, "sets/files.html", who, it=it, pins=pins, tab="set")


@router.get("/set/file")
def one_file(
    request: Request,
    who: PromptReader,
    storage: StorageOf,
    *,
    name: NameIn,
    file: FileIn,
    revision: RevisionIn = None,
) -> Response:
    """Its text as it is."""
    it = view_of(storage.prompts, name, revision)
    text = _text(it, file)
    lines = text.removesuffix("\n").split("\n")
    return page(
        request,
        "sets/file.html",
        who,
        it=it,
        file=file,
        lines=lines[:MOST_LINES],
        left_out=max(0, len(lines) - MOST_LINES),
        size=len(text.encode()),
        editable=is_editable(text),
    )


@router.get("/set/download")
def file_download(
    storage: StorageOf, _who: PromptReader, name: NameIn, file: FileIn, revision: RevisionIn = None
) -> Response:
    """The file, to save."""
    text = _text(view_of(storage.prompts, name, revision), file)
    return download(text.encode(), file.rpartition("/")[2], "text/plain; charset=utf-8")


def _text(it: SetView, file: str) -> str:
    if file not in it.files:
        raise PromptNotFoundError(f"no prompt {file!r} in revision {it.shown.number} of {it.name}")
    return it.files[file]
