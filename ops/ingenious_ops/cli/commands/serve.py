"""`ingenious-storage serve`."""

from __future__ import annotations

import click

from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.session import Session, pass_session
from ingenious_ops.extras import needs_extra


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

    SIGTERM ends it with exit code 0.
    """
    with needs_extra("api", "fastapi", "jinja2", "jwt", "starlette", "uvicorn"):
        from ingenious_ops.listening import addresses, server  # noqa: PLC0415
        from ingenious_ops.serving import create_app  # noqa: PLC0415

    session.start_telemetry(serves=True)
    app = create_app(session.storage, console=console)
    with addresses.listen(host, port) as listener:
        url = addresses.url_of(listener)
        session.out.answer({"url": url}, lambda: click.echo(f"serving {url}"))
        server.serve(app, listener)
