"""Counting door: a way to a server of this machine that counts requests and what they carry."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import httptools

from tests.support.servers.doors import Door, served


@dataclass(frozen=True, slots=True)
class Counted:
    """What has come since the last look."""

    requests: int
    sent: int
    """Bytes of bodies."""


class CountingDoor(Door):
    """Leads to the port `to`. Nothing is changed on the way, so signatures hold."""

    def __init__(self, to: int) -> None:
        super().__init__(to)
        self._lock = threading.Lock()
        self._requests = self._sent = 0

    def asked(self) -> Callable[[bytes], bool]:
        parser = httptools.HttpRequestParser(self)

        def passes(data: bytes) -> bool:
            parser.feed_data(data)  # before it goes on: who has an answer was counted
            return True

        return passes

    def take(self) -> Counted:
        """What was counted, and begin anew."""
        with self._lock:
            counted = Counted(self._requests, self._sent)
            self._requests = self._sent = 0
        return counted

    def on_headers_complete(self) -> None:
        """Of the parser."""
        with self._lock:
            self._requests += 1

    def on_body(self, data: bytes) -> None:
        """Of the parser."""
        with self._lock:
            self._sent += len(data)


def counting_door(to: int) -> AbstractContextManager[CountingDoor]:
    """A door in front of this port."""
    return served(CountingDoor(to))
