"""Blocks: the pieces that an upload is staged in, and the list that makes them a blob."""

from __future__ import annotations

import base64
from typing import Final
from uuid import uuid4

BLOCK_SIZE: Final = 8 * 1024 * 1024
"""Bytes of a block of `upload`; 50,000 blocks make a blob."""


class Blocks:
    """The blocks of one upload. Two of one key must not replace each other's, so each has names
    of its own.
    """

    def __init__(self) -> None:
        self._upload = uuid4().hex

    def name(self, number: int) -> str:
        """As the service wants names: in base64, and all of one length."""
        return base64.b64encode(f"{self._upload}{number:06d}".encode()).decode()

    def committed(self, count: int) -> bytes:
        """The body of Put Block List, for the blocks that are numbered from 1 to `count`."""
        latest = "".join(f"<Latest>{self.name(number)}</Latest>" for number in range(1, count + 1))
        text = f'<?xml version="1.0" encoding="utf-8"?>\n<BlockList>{latest}</BlockList>'
        return text.encode()
