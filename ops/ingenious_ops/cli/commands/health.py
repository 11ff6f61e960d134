"""`ingenious-storage health`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from ingenious_ops.cli.errors import FAILED, WARNINGS
from ingenious_ops.cli.groups import Command, Group
from ingenious_ops.cli.output import printable
from ingenious_ops.cli.served import records_shown
from ingenious_ops.cli.session import pass_session
from ingenious_ops.extras import needs_extra

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session
    from ingenious_ops.health.remote import Verdict

_COMMANDS: Final = {
    "serve": ("health:serve", "Answer health probes over HTTP until it is stopped."),
    "check": ("health:check", "Say whether the storage answers, by the exit code too."),
}
_ENDPOINTS: Final = ("/livez", "/readyz", "/startupz", "/health", "/metrics")
_SECONDS: Final = click.FloatRange(min=0, max=86_400, min_open=True)


@click.group(cls=Group, package="ingenious_ops.cli.commands", lazy=_COMMANDS)
def health() -> None:
    """Whether the storage answers.

    Probes for orchestrators, cron and people; docs/health.md says what each endpoint means.
    """


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 for all.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8081,
    show_default=True,
    help="0 takes a free one.",
)
@click.option(
    "--interval",
    type=_SECONDS,
    default=10.0,
    show_default=True,
    metavar="S",
    help="Seconds between two checks.",
)
@click.option(
    "--timeout",
    type=_SECONDS,
    default=5.0,
    show_default=True,
    metavar="S",
    help="Seconds until a check is given up.",
)
@pass_session
def serve(session: Session, *, host: str, port: int, interval: float, timeout: float) -> None:
    """Answer health probes over HTTP until it is stopped.

    /livez, /readyz, /startupz, /health and /metrics (Prometheus). SIGTERM ends it with exit code 0.
    """
    with needs_extra("ops", "anyio", "prometheus_client", "starlette", "uvicorn"):
        from ingenious_ops.health import asgi_app  # noqa: PLC0415
        from ingenious_ops.listening import addresses, server  # noqa: PLC0415
        from ingenious_ops.listening.connections import LOGGER as CONNECTIONS  # noqa: PLC0415
    from ingenious_storage.health import LOGGER, Health  # noqa: PLC0415

    telemetry = session.start_telemetry(serves=True)
    storage = session.storage
    app = asgi_app(
        Health(storage, interval=interval, timeout=timeout),
        metrics=telemetry.prometheus if telemetry else None,
        service_id=storage.settings.telemetry.service_name,
    )
    with addresses.listen(host, port) as listener:
        url = addresses.url_of(listener)
        session.out.answer(
            {"url": url, "endpoints": list(_ENDPOINTS)}, lambda: click.echo(f"serving {url}")
        )
        with records_shown(session.out, LOGGER, CONNECTIONS):
            server.serve(app, listener)


@click.command(cls=Command)
@click.option("--url", metavar="URL", help="Ask a server, or where an application mounts it.")
@click.option(
    "--timeout",
    type=_SECONDS,
    default=5.0,
    show_default=True,
    metavar="S",
    help="Seconds until it is given up.",
)
@click.option("--strict", is_flag=True, help="A warning is a failure too (exit code 5).")
@pass_session
def check(session: Session, *, url: str | None, timeout: float, strict: bool) -> None:
    """Say whether the storage answers, by the exit code too.

    One request to each container, from here; with --url it asks what `health serve` found.
    """
    verdict, hint = _verdict(session, url, timeout)
    session.out.answer(_as_json(verdict, url, hint), lambda: click.echo(printable(_line(verdict))))
    if hint:
        session.out.say(f"hint: {hint}")
    if verdict.status == "fail" or (verdict.status == "warn" and strict):
        failed = verdict.status == "fail"
        click.get_current_context().exit(FAILED if failed else WARNINGS)


def _verdict(session: Session, url: str | None, timeout: float) -> tuple[Verdict, str | None]:
    from ingenious_ops.health import remote  # noqa: PLC0415  # for this command only
    from ingenious_ops.health.document import verdict  # noqa: PLC0415
    from ingenious_storage.health import Health  # noqa: PLC0415

    if url is not None:
        try:
            remote.check_url(url)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--url") from None
        return remote.ask(url, timeout), None
    health = Health(session.storage, timeout=timeout)
    report = health.report()
    hint = next((one.hint for one in report.components if one.hint), None)
    return remote.Verdict.model_validate(verdict(report, health)), hint


def _line(verdict: Verdict) -> str:
    parts = [
        f"{name.rpartition(':')[2]} {one.output or _milliseconds(one.observed)}"
        for name, checks in verdict.checks.items()
        for one in checks
    ]
    return f"{verdict.status}: {', '.join(parts) or verdict.output or 'no details'}"


def _milliseconds(value: float | None) -> str:
    return "ok" if value is None else f"{value:.0f} ms"


def _as_json(verdict: Verdict, url: str | None, hint: str | None) -> dict[str, Any]:
    return {"url": url, **verdict.model_dump(by_alias=True), "hint": hint}
