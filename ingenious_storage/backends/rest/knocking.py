"""Knock: an unsigned request, to see who answers and what time it is there."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ingenious_storage.backends.account import Knock
from ingenious_storage.backends.rest.calls import Call, unanswered
from ingenious_storage.http.errors import HttpError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingenious_storage.http.client import Client


def knock(client: Client, method: str, target: str, headers: Mapping[str, str]) -> Knock:
    """What answered, whatever it was. Raises: StorageError where nothing did."""
    began = time.time()
    try:
        answer = client.send(method, target, headers)
    except HttpError as error:
        raise unanswered(Call("knock"), error) from error
    asked_at = datetime.fromtimestamp((began + time.time()) / 2, UTC)
    return Knock(answer.status, answer.headers, asked_at)
