"""Prompts of the framework's revisions: files of prompt sets, and of what labels pin.

A revision of the framework is a prompt set. Where none has the name, a label may: so an application
that asks for the revision `production` runs what was released, and an edit does not reach it.
"""

from __future__ import annotations

from ingenious_storage.errors import InvalidKeyError, PromptNotFoundError
from ingenious_storage.services.labels import Label
from ingenious_storage.services.prompt_files import Prompts
from ingenious_storage.services.prompts import PromptLibrary


class RevisionPrompts:
    """Prompts by the name of a set or label.

    Raises, in each method, what `PromptLibrary` raises.
    """

    def __init__(self, library: PromptLibrary) -> None:
        self._library = library

    def read(self, name: str) -> Prompts:
        """All prompts of the set, or of the revision that the label pins.

        Raises: NotFoundError when there is neither, or what was pinned is gone.
        """
        try:
            return self._library.get_set(name)
        except PromptNotFoundError:
            label = self._library.get_label(name)
            return self._library.get_set(label.set, revision=label)

    def write(self, name: str, prompt: str, text: str) -> None:
        """One prompt, in a revision; a set that is not there is made.

        Raises: InvalidKeyError where the name is that of a label.
        """

        def check(prompts: Prompts) -> None:
            if not prompts:  # the set may be new
                self._refuse_label(name)

        changes = {prompt: text}
        self._library.commit(name, changes, check=check, create=True, message="prompts/update")

    def delete(self, name: str, prompt: str) -> None:
        """Take out a prompt, which may be missing. Raises: as `write`."""
        try:
            self._library.commit(name, {prompt: None}, message="prompts/delete")
        except PromptNotFoundError:
            self._refuse_label(name)

    def _refuse_label(self, name: str) -> None:
        label = self._label(name)
        if label is not None:
            raise InvalidKeyError(
                f"{name!r} is a label, which pins revision {label.number} of {label.set!r}",
                hint=f"Write to the revision {label.set!r}; then move the label.",
            )

    def _label(self, name: str) -> Label | None:
        try:
            return self._library.get_label(name)
        except PromptNotFoundError:
            return None
