"""Client of the soak as a process: talkers in threads, until its standard input ends.

`python -m tests.integration.soak.client CONNECTION_STRING URL LEDGER PAUSE`
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Final

from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.integration.soak.ledger import Ledger, Turn, code_of
from tests.integration.soak.small import shrink_caches
from tests.integration.soak.talkers import KINDS, Talker, talker

TURNS: Final = 40
"""Turns of a conversation, before the next one begins: what a call costs stays the same."""
_LOOK_EVERY: Final = 4


def main(connection_string: str, url: str, ledger: str, pause: str) -> None:
    shrink_caches()
    settings = StorageSettings(type="azure_blob", connection_string=connection_string)
    over = threading.Event()
    with Storage(Settings(settings)) as storage, closing(Ledger(Path(ledger))) as notes:

        def talk(kind: str) -> None:
            with talker(kind, storage, url) as one:
                for number in count():
                    if over.wait(float(pause)):
                        return
                    conversation = f"{kind}-{number // TURNS:05d}"
                    notes.note(_turn(one, kind, conversation, f"{kind}.{number}"))
                    if number % _LOOK_EVERY == 0:
                        notes.note(_turn(one, kind, conversation, ""))

        threads = [threading.Thread(target=talk, args=(kind,)) for kind in KINDS]
        for thread in threads:
            thread.start()
        sys.stdin.read()
        over.set()
        for thread in threads:
            thread.join()


def _turn(one: Talker, kind: str, conversation: str, token: str) -> Turn:
    began = time.monotonic()
    try:
        if token:
            one.say(conversation, token)
        else:
            one.heard(conversation)
    except Exception as error:  # noqa: BLE001  # whatever it is, it has to be explained
        text = f"{type(error).__name__}: {error}"[:500]
        return Turn(kind, conversation, token, began, time.monotonic(), code_of(error), text)
    return Turn(kind, conversation, token, began, time.monotonic())


if __name__ == "__main__":
    main(*sys.argv[1:])
