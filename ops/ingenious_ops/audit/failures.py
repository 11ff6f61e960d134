"""What can go wrong in an audit."""

from __future__ import annotations

from typing import Final

from ingenious_storage.errors import StorageError

INSTALL: Final = (
    "Run: pipx install semgrep (an environment of its own, since Semgrep pins versions that other "
    "packages may not like), or: pip install 'ingenious-storage[audit]'"
)


class AuditError(StorageError):
    """Semgrep refused or failed: a rule that it cannot read, a commit that is not there."""

    code = "audit_failed"
    default_hint = "Correct what it names: a rule, a commit, a file."
