"""Deliveries of the exporters: the SDK's own flush is content when every export has failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Deliveries:
    """Counts the exports that failed."""

    def __init__(self) -> None:
        self.failed = 0

    def count(self, exporter: Any) -> None:
        """Look at what every `export` of it answers; an exporter of whichever signal."""
        exporter.export = self._counting(exporter.export)

    def _counting(self, export: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            try:
                result = export(*args, **options)
            except BaseException:
                self.failed += 1
                raise
            if result.name != "SUCCESS":
                self.failed += 1
            return result

        return counted
