"""The command line `ingenious-storage`; docs/cli.md describes it.

`ingenious-storage --help` imports click and this package only: a command's module is imported
when it runs.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ingenious_ops.cli.app import root

__all__ = ["main", "root"]

_INTERRUPTED: Final = 130
_HOOK: Final = 0.02
"""Seconds in which the hook has surely returned."""


def main() -> None:
    """Run the command that `sys.argv` asks for, and exit with its code."""
    sys.unraisablehook = _not_lost
    try:
        from ingenious_ops.cli.app import NAME, root  # noqa: PLC0415  # Ctrl-C comes at any time

        root.main(prog_name=NAME)
    except (SystemExit, KeyboardInterrupt) as error:
        # It is over: a Ctrl-C while Python clears up must not change how it ended.
        with suppress(ValueError):  # in another thread than the main one none comes
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        if isinstance(error, SystemExit) and error.code != _INTERRUPTED:
            raise
        _leave()


def _not_lost(unraisable: sys.UnraisableHookArgs) -> None:
    """Python drops a Ctrl-C that comes inside a callback, of which imports have many: once more."""
    if unraisable.exc_type is KeyboardInterrupt:
        _thread.start_new_thread(_interrupt_soon, ())
    else:
        sys.__unraisablehook__(unraisable)


def _interrupt_soon() -> None:
    """From another thread: an interrupt inside the hook would be dropped as well.

    A real signal, where there are any: it also ends what the main thread waits for.
    """
    time.sleep(_HOOK)
    main_thread = threading.main_thread().ident
    if main_thread is not None and hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main_thread, signal.SIGINT)
    else:
        _thread.interrupt_main()


def _leave() -> None:
    """End at once, whatever still hangs."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(_INTERRUPTED)


def __getattr__(name: str) -> Any:
    if name == "root":
        from ingenious_ops.cli.app import root  # noqa: PLC0415  # as in `main`

        return root
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
