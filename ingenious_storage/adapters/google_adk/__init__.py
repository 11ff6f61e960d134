"""Adapter for Google's Agent Development Kit (google-adk): sessions, and artifacts.

docs/frameworks/google-adk.md says what is kept where.
"""

from ingenious_storage.adapters.google_adk.artifacts import StorageArtifactService
from ingenious_storage.adapters.google_adk.sessions import StorageSessionService

__all__ = ["StorageArtifactService", "StorageSessionService"]
