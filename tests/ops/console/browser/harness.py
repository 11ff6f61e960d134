"""What a browser test looks at: faults that a page tells nobody, accessibility, width, pictures."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError
from starlette.types import ASGIApp

from ingenious_ops.listening import server
from ingenious_ops.listening.addresses import listen, url_of
from ingenious_ops.listening.connections import usual_limits
from ingenious_storage import Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import ApiSettings, Role, Settings, StorageSettings
from ingenious_storage.documents import DocumentStore
from ingenious_storage.wiring import Containers
from tests.support.polling import eventually

IMAGES: Final = Path(__file__).parents[4] / "docs" / "images"
TAKES_PICTURES: Final = "INGENIOUS_TEST_SCREENSHOTS" in os.environ
PHONE, DESKTOP = 360, 1280
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
Scheme = Literal["light", "dark"]


def chromium() -> str | None:
    """The path of the browser of this machine; None where there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@dataclass
class Clock:
    """The time of every commit: later each time, so that pictures can be made again."""

    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    step: timedelta = timedelta(minutes=7)

    def __call__(self) -> datetime:
        return self.now

    def commit(self) -> datetime:
        """The time of one more commit."""
        self.now += self.step
        return self.now


class _TimedContainers(Containers):
    clock: Clock

    def documents(self, role: Role, *, owns: Callable[[str], bool]) -> DocumentStore:
        store = super().documents(role, owns=owns)
        store.clock = self.clock
        object.__setattr__(store._committer, "clock", self.clock.commit)
        return store


def new_storage(clock: Clock, folder: Path, api: ApiSettings | None = None) -> Storage:
    """A storage in memory whose commits have the times of `clock`; its index lies in `folder`."""
    index = {"path": folder / "catalogue.db"}
    chosen = StorageSettings.model_validate({"type": "inmemory", "catalogue": index})
    settings = Settings(storage=chosen, api=api or ApiSettings())
    containers = _TimedContainers(settings, backend=lambda *_: InMemoryBackend(create=True))
    containers.clock = clock
    return Storage(settings, containers=containers)


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """The URL of `app`, served on loopback by a thread."""
    listener = listen("127.0.0.1", 0)
    made = server.make_server(app, usual_limits())
    thread = threading.Thread(target=made.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        eventually(lambda: made.started)
        yield url_of(listener)
    finally:
        made.should_exit = True
        thread.join(10)
        listener.close()


@dataclass
class Faults:
    """What went wrong in the tabs of a context without a word to whoever looks at them."""

    host: str
    found: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """From now on, in every tab."""
        context.on("console", self._console)
        context.on("weberror", self._page_error)
        context.on("request", self._request)
        context.on("requestfailed", self._failed)

    def allow(self, text: str) -> None:
        """A fault that has `text` in it belongs to the test, such as "status of 409"."""
        self.allowed.append(text)

    @property
    def unexpected(self) -> list[str]:
        return [fault for fault in self.found if not any(text in fault for text in self.allowed)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.found.append(f"console: {message.text} ({message.location.get('url')})")

    def _page_error(self, error: WebError) -> None:
        self.found.append(f"script: {error.error}")

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).netloc != self.host:
            self.found.append(f"a request to another host: {request.url}")

    def _failed(self, request: Request) -> None:
        # A page that is left gives up what it was loading; what the policy stops is on the console.
        if request.failure == "net::ERR_ABORTED":
            return
        self.found.append(f"no answer: {request.method} {request.url}: {request.failure}")


def require_accessible(page: Page, *schemes: Scheme) -> None:
    """No serious or critical finding of axe-core, in light and dark unless told otherwise."""
    for scheme in schemes or ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = [
            f"{finding['id']} ({finding['impact']}, {scheme}): {finding['help']}: {node['html']}"
            for finding in Axe().run(page).response["violations"]
            if finding["impact"] in ("serious", "critical")
            for node in finding["nodes"]
        ]
        assert not found, f"{page.url}\n" + "\n".join(found)


def require_fitting(page: Page, width: int = PHONE) -> None:
    """At `width` nothing of the page lies sideways of the window."""
    page.set_viewport_size({"width": width, "height": 740})
    over = page.evaluate(
        """() => {
            const wide = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= wide) return [];
            return [...document.querySelectorAll("body, body *")]
                .filter(e => e.getBoundingClientRect().left + e.scrollWidth > wide + 1)
                .map(e => e.outerHTML.slice(0, 120));
        }"""
    )
    assert not over, f"{page.url} is wider than {width} pixels\n" + "\n".join(over)


def take_pictures(page: Page, name: str, *, scheme: Scheme = "light") -> None:
    """`docs/images/console-NAME-WIDTH.png`, when pictures are asked for."""
    if not TAKES_PICTURES:
        return
    page.emulate_media(color_scheme=scheme)
    IMAGES.mkdir(exist_ok=True)
    for width, height in ((DESKTOP, 800), (PHONE, 740)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=IMAGES / f"console-{name}-{width}.png", full_page=True)
