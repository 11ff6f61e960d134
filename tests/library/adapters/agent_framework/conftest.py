"""A storage in memory that counts requests, and an agent whose model is a list of answers."""

from __future__ import annotations

import importlib
import warnings

with warnings.catch_warnings():
    # The framework says once that sessions are experimental; a test looks at it in a new process.
    warnings.simplefilter("ignore", FutureWarning)
    importlib.import_module("ingenious_storage.adapters.agent_framework.sessions")
