"""Errors of an audit."""

from __future__ import annotations

from ingenious_ops.extras import install_line
from ingenious_storage.errors import StorageError


def how_to_install() -> str:
    """The hint for who has no Semgrep."""
    return (
        "Run: pipx install semgrep (an environment of its own, since Semgrep pins versions that "
        f"other packages may not like), or: {install_line('audit')}"
    )


class AuditError(StorageError):
    """Semgrep refused or failed: a rule that it cannot read, a commit that is not there."""

    code = "audit_failed"
    default_hint = "Correct what it names: a rule, a commit, a file."
