"""`ingenious-storage serve`."""

from __future__ import annotations

from typing import Final

import click

from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.served import records_shown
from ingenious_ops.cli.session import Session, pass_session
from ingenious_ops.extras import needs_extra

_LOGGERS: Final = (
    "ingenious_ops.listening",
    "ingenious_storage.api",
    "ingenious_storage.audit",
    "ingenious_storage.health",
)


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 for all.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8080,
    show_default=True,
    help="0 takes a free one.",
)
@click.option("--console/--no-console", default=True, help="Whether /console is there too.")
@pass_session
def serve(session: Session, *, host: str, port: int, console: bool) -> None:
    """Serve the HTTP API and the console until it is stopped.

    While `api:` names neither an issuer nor keys, this machine alone is served. SIGTERM ends it
    with exit code 0, after the requests under way.
    """
    with needs_extra("api", "fastapi", "jinja2", "jwt", "starlette", "uvicorn"):
        from ingenious_ops.listening import addresses, server  # noqa: PLC0415
        from ingenious_ops.serving import create_app  # noqa: PLC0415
        from ingenious_ops.serving.exposure import check_exposure, limits_of  # noqa: PLC0415

    telemetry = session.start_telemetry(serves=True)
    settings = session.storage.settings.api
    check_exposure(settings, host)
    app = create_app(
        session.storage, console=console, metrics=telemetry.prometheus if telemetry else None
    )
    with addresses.listen(host, port) as listener:
        url = addresses.url_of(listener)
        session.out.answer({"url": url}, lambda: click.echo(f"serving {url}"))
        with records_shown(session.out, *_LOGGERS):
            server.serve(app, listener, limits_of(settings))
