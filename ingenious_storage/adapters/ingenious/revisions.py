"""Revisions: the framework's route `revisions/create`, with the copy in one step.

The framework copies file by file, takes an outage for "there is none", and then writes over a
revision that is there. Here the new set is seen whole or not at all, and never replaces one. Names
and answers are the framework's own.
"""

from __future__ import annotations

import inspect
import logging
import sys
from typing import Any, Final

from ingenious_storage.adapters.ingenious.access import Access
from ingenious_storage.adapters.ingenious.paths import set_of
from ingenious_storage.errors import AlreadyExistsError, PromptNotFoundError, StorageError
from ingenious_storage.services.prompts import PromptLibrary

_logger: Final = logging.getLogger("ingenious_storage.adapters.ingenious")
_MODULE: Final = "ingenious.api.routes.prompts"
_TEMPLATES: Final = (".md", ".jinja")


async def create_revision(*args: Any, **options: Any) -> Any:
    """The answer of the route; for a storage of another type, by the framework's own function.

    Raises: HTTPException 400 for a name that cannot be, 500 without templates to copy and when the
    store fails, all as the framework.
    """
    module: Any = sys.modules[_MODULE]
    route = module.create_revision
    asked = inspect.signature(route).bind(*args, **options).arguments
    repository = asked["fs"].repository
    if not isinstance(repository, Access):
        return await route._before(*args, **options)  # noqa: SLF001  # what `joining` kept
    wanted = asked["create_request"].revision_id
    try:
        if wanted:
            set_of(module.normalize_revision_id(wanted))
    except ValueError as error:
        raise module.HTTPException(400, f"Invalid revision_id format: {error}") from None
    original = module.ingen_deps.get_config().file_storage.revisions.original_templates

    def create(library: PromptLibrary) -> dict[str, Any] | None:
        files = _templates(library, original)
        return _create(library, module, wanted, files, asked["username"]) if files else None

    try:
        made = await repository.with_prompts(create, changes=True)
    except StorageError as error:
        _logger.exception("no revision was made: %s", error.code)
        detail = "Internal server error while creating revision"
        raise module.HTTPException(500, detail) from error
    if made is None:
        raise module.HTTPException(500, f"No template files found in {original} directory")
    return made


def _create(
    library: PromptLibrary, module: Any, wanted: str | None, files: dict[str, str], author: str
) -> dict[str, Any]:
    # A set with the name of a label would be read in the place of what that pins.
    taken = [*library.list_sets(), *(label.name for label in library.list_labels())]
    while True:
        name = module.generate_revision_id(wanted, taken)
        try:
            library.create_set(set_of(name), files, author=author, message="revisions/create")
        except AlreadyExistsError:  # somebody was faster
            taken.append(name)
            continue
        return {
            "revision_id": name,
            "message": "Revision created successfully",
            "template_count": len(files),
            "copied_files": sorted(files),
        }


def _templates(library: PromptLibrary, original: str) -> dict[str, str]:
    try:
        files = library.get_set(set_of(original))
    except PromptNotFoundError:
        return {}
    is_listed = {name: name.endswith(_TEMPLATES) and "/" not in name for name in files}
    return {name: text for name, text in files.items() if is_listed[name]}
