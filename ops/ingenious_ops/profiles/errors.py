"""Errors of profiles.yml, in the words of its user."""

from __future__ import annotations

from ingenious_storage.errors import StorageError


class ProfileError(StorageError):
    """A profile cannot be written: by what stands in the file, or by the values for it."""

    code = "profile_refused"
    default_hint = "Nothing was written."
