"""The root command, and what every run ends with: one line for an error, and an exit code."""

from __future__ import annotations

import sys
from typing import Any, Final

import click

from ingenious_ops.cli.errors import BROKEN_PIPE, abandon_output, report
from ingenious_ops.cli.groups import Group
from ingenious_ops.cli.session import Session

NAME: Final = "ingenious-storage"

_COMMANDS: Final = {
    "init": ("setup:init", "Write config.yml, profiles.yml and .env.example."),
    "config": ("config:config", "What is configured, and where it was written."),
    "profiles": ("profiles:profiles", "The profiles of profiles.yml."),
    "containers": ("containers:containers", "The containers of the storage."),
    "memory": ("memory:memory", "What agents remember of conversations."),
    "agents": (
        "agents:agents",
        "What adapters keep for frameworks, such as histories and sessions.",
    ),
    "prompts": ("prompts:prompts", "Prompt sets, and the labels that pin them."),
    "index": ("index:index", "The index of all documents on this machine."),
    "search": ("search:search", "Find conversations, prompt sets and labels by their words."),
    "serve": ("serve:serve", "Serve the HTTP API and the console until it is stopped."),
    "api-keys": ("api_keys:api_keys", "Keys for programs that use the HTTP API."),
    "keys": ("keys:keys", "The keys that the storage is encrypted with."),
    "cat": ("cat:cat", "Print the bytes of one blob, decrypted."),
    "receipt": ("erasing.receipt:receipt", "Receipts of erasures, as `memory erase` writes them."),
    "migrate": ("migrate:migrate", "Move files and objects to another store, and prove it."),
    "audit": ("audit:audit", "Report what a code base keeps in files and blobs by itself."),
    "infra": ("infra:infra", "What the storage needs on Azure, by Pulumi."),
    "doctor": ("doctor:doctor", "Say what is wrong with a set-up, and what to do."),
    "health": ("health:health", "Whether the storage answers."),
    "verify": ("upkeep:verify", "Rebuild and check every revision that is stored."),
    "repair": ("repair:repair", "Give documents a head again that have lost theirs."),
    "prune": (
        "erasing.everything:prune",
        "Drop old revisions of all documents, and erase documents whose TTL has passed.",
    ),
    "gc": ("upkeep:gc", "Delete what belongs to no document."),
    "demo": ("demo:demo", "Files to try things with."),
    "explain": ("explain:explain", "Say what a code means and what to do, or print a page."),
    "alerts": ("alerts:alerts", "Alert rules, dashboard and runbooks for Prometheus and Grafana."),
    "completion": ("setup:completion", "Print the completion script of a shell."),
}


class Root(Group):
    """Ends every run: also under `click.testing.CliRunner`, so that tests see the real codes."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        session = Session()
        kwargs = {**kwargs, "standalone_mode": False, "obj": session}
        try:
            for stream in (sys.stdout, sys.stderr):
                stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
            code = super().main(*args, **kwargs) or 0
            sys.stdout.flush()
        except BrokenPipeError:
            abandon_output()
            code = BROKEN_PIPE
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # the last one to see it
            given = args[0] if args else kwargs.get("args")
            code = report(error, session.out, sys.argv[1:] if given is None else given)
        sys.exit(code)

    def invoke(self, ctx: click.Context) -> None:
        from ingenious_ops.cli.output import outages  # noqa: PLC0415  # no help needs it

        try:
            with outages.shown(ctx.ensure_object(Session).out):
                super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:  # before click takes it for a failure
            abandon_output()
            ctx.exit(BROKEN_PIPE)


@click.group(
    cls=Root,
    package="ingenious_ops.cli.commands",
    lazy=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(None, "--version", package_name=NAME, message="%(prog)s %(version)s")
def root() -> None:
    """Versioned memory and prompts for AI agents.

    On a plain folder, and in Azure Blob Storage, Amazon S3 and Google Cloud Storage by choosing
    a profile.
    """
