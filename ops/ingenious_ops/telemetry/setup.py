"""`setup_telemetry`, and the handle that it gives: what to flush and to shut down."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from threading import Thread
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from ingenious_storage.config import Settings, TelemetrySettings
from ingenious_storage.errors import ConfigurationError

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from ingenious_ops.telemetry.providers import Providers

SAMPLING_RATIO: Final = 0.01
"""Of a service: at every save, two spans would cost more than the 3 % of CPU that are allowed."""
LOGGERS: Final = ("ingenious_storage", "ingenious_ops")
_PATIENCE: Final = 5.0


class Telemetry:
    """What was set up. A context manager; leaving it sends what waits and ends the exporters."""

    def __init__(self, providers: Providers | None = None) -> None:
        self._providers = providers

    @property
    def prometheus(self) -> CollectorRegistry | None:
        """What `/metrics` shows, when the exporter `prometheus` is on."""
        return None if self._providers is None else self._providers.registry

    def flush(self, timeout: float = _PATIENCE) -> bool:
        """Send what waits. Whether all of it was delivered within `timeout` seconds."""
        if self._providers is None:
            return True
        calls = (provider.force_flush for provider in self._providers.each)
        return _delivered(self._providers, timeout, calls)

    def shutdown(self, timeout: float = _PATIENCE) -> bool:
        """Send what waits and end; again is fine.

        Whether all of it was delivered within `timeout` seconds. Why not an exporter says by a log
        record of its own.
        """
        providers, self._providers = self._providers, None
        if providers is None:
            return True
        providers.disconnect()
        calls = (provider.shutdown for provider in providers.each)
        return _delivered(providers, timeout, calls)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.shutdown()


def setup_telemetry(
    settings: Settings | TelemetrySettings,
    *,
    prometheus: bool | None = None,
    sampling_ratio: float = SAMPLING_RATIO,
    set_global: bool = True,
    loggers: Sequence[str] = LOGGERS,
    version: str | None = None,
) -> Telemetry:
    """Export traces, metrics and log records as the `telemetry:` section says.

    The library emits there from now on, whether it was imported before or after.

    Args:
        settings: given the whole, its profile becomes `deployment.environment.name`.
        prometheus: with or without this exporter, whatever the section says.
        sampling_ratio: the share of traces that is kept when neither the section nor
            `OTEL_TRACES_SAMPLER` says it.
        set_global: also make these the providers of the process, for all else that emits.
        loggers: whose records are exported, with the ids of the trace that they are written in.
        version: `service.version`; without it ours, for a service that has our name.

    Raises: ConfigurationError; ExtraMissingError when an exporter is not installed;
    TelemetryError when the process has providers already. Then nothing was set up.
    """
    whole = settings if isinstance(settings, Settings) else Settings(telemetry=settings)
    wanted = _exporters(whole.telemetry, prometheus=prometheus)
    if not wanted:
        return Telemetry()
    from ingenious_ops.telemetry.providers import Providers, refuse_second  # noqa: PLC0415  # the SDK

    if set_global:
        refuse_second()
    section = whole.telemetry.model_copy(update={"exporter": wanted})
    chosen = replace(whole, telemetry=section)
    try:
        providers = Providers(chosen, sampling_ratio=sampling_ratio, version=version)
    except ConfigurationError:
        raise
    except ValueError:
        pass  # it may quote a secret
    else:
        telemetry = Telemetry(providers)
        try:
            providers.connect(loggers, set_global=set_global)
        except ConfigurationError:
            telemetry.shutdown()
            raise
        return telemetry
    raise _refused()


def _refused() -> ConfigurationError:
    names = sorted(name for name in os.environ if name.startswith("OTEL_"))
    return ConfigurationError(
        "OpenTelemetry refuses a setting",
        hint=f"Check telemetry: and the variables {', '.join(names) or 'OTEL_...'}.",
    )


def _exporters(section: TelemetrySettings, *, prometheus: bool | None) -> tuple[str, ...]:
    named = section.exporter if section.is_on else ()
    if prometheus is None:
        return named
    others = tuple(name for name in named if name != "prometheus")
    return (*others, "prometheus") if prometheus else others


def _delivered(providers: Providers, timeout: float, calls: Iterable[Callable[[], object]]) -> bool:
    failed = providers.deliveries.failed
    return _all_within(timeout, calls) and providers.deliveries.failed == failed


def _all_within(timeout: float, calls: Iterable[Callable[[], object]]) -> bool:
    """Run all at once, on threads that nobody has to wait for; whether they ended in time."""
    threads = [Thread(target=call, name="telemetry-end", daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    until = monotonic() + timeout
    for thread in threads:
        thread.join(max(0.0, until - monotonic()))
    return not any(thread.is_alive() for thread in threads)
