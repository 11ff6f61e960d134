"""Both drivers, asked the same: they send the same requests and say the same of the answers.

The operations are a fixed table and a seeded draw, against Azurite; and every documented code, by a
canned server. What each signs is computed again by the SDK's own policy.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.rest import HttpRequest
from azure.storage.blob._shared.authentication import SharedKeyCredentialPolicy
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from ingenious_storage.backends.azure.error_codes import BY_CODE, BY_STATUS
from ingenious_storage.backends.azure.native.backend import AzureBlobBackend
from ingenious_storage.backends.azure.native.signing import SharedKey, order_of
from ingenious_storage.backends.azure.sdk.backend import SdkAzureBlobBackend
from ingenious_storage.backends.azure.sdk.transport import WholeBodyTransport
from ingenious_storage.backends.base import (
    Backend,
    Blob,
    BlobInfo,
    GetOptions,
    IfAbsent,
    IfMatch,
    Page,
    Properties,
    PutOptions,
)
from ingenious_storage.backends.rest.calls import Request
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.errors import StorageError
from ingenious_storage.http.client import Client
from tests.library.backends.azure.test_secrets import sas, with_sas
from tests.support.azure import DRIVERS, account_of
from tests.support.servers.azurite import Azurite
from tests.support.servers.canned import RESET, CannedServer, answer, canned_server

KEYS: Final = (
    "a", "a/b", "a-b", "a/b/c.json", "A", "\u00fcber/\u65e5\u672c\u8a9e", "a b", "a+b", "a%20b",
    "a%2Fb", "q?x=1&y=2", "h#ash", "semi;colon", "e=mc2", "at@", "til~de", "quo'te", 'dou"ble',
    "<x>&amp;", "x" * 900, "emoji-\U0001f600", "..x", "tab\u00a0nbsp", "con\u0301bining", "comma,",
    "(p)", "[b]", "{c}", "$web", "!",
)  # fmt: skip
PROPERTIES: Final = (
    Properties(),
    Properties("gzip"),
    Properties("br", "de, en", 'attachment; filename="u.txt"', "no-cache"),
    Properties(metadata={"one": "1"}),
    Properties(metadata={"Mixed_Case": "Value", "b2": "two words", "a1": "x=1;y=2", "a_b": "="}),
)  # fmt: skip
RANGES: Final = ((0, 1), (0, None), (3, 4), (5, None), (0, 10_000), (9_999, 1), (2, 0), (4, 10_000))


@dataclass
class Sent:
    """A request as it went out. `headers` have names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Side:
    """One driver, in a container of its own."""

    backend: Backend
    container: str
    sent: list[Sent] = field(default_factory=list)
    etags: dict[str, str] = field(default_factory=dict)
    """The newest of each key."""
    seen: list[str] = field(default_factory=list)
    """All ETags and dates, in the order in which they came."""
    block_ids: list[str] = field(default_factory=list)

    def neutral(self, value: Any) -> Any:
        """`value` as the other side would have it: ETags by their order, without times."""
        match value:
            case BlobInfo():
                if value.etag not in self.seen:
                    self.seen.append(value.etag)
                told = {each.name: getattr(value, each.name) for each in fields(value)}
                del told["last_modified"]
                return told | {"etag": self.seen.index(value.etag)}
            case Blob(data, info):
                return data, self.neutral(info)
            case Page(blobs, prefixes, token):
                return [self.neutral(blob) for blob in blobs], prefixes, token is not None
            case StorageError():
                return error_text(value)
            case dict():
                return {key: self.neutral(each) for key, each in value.items()}
            case _:
                return value


def error_text(error: StorageError) -> tuple[Any, ...]:
    """All that callers act on."""
    return (
        type(error), error.code, error.operation, error.key, error.service_code, error.hint,
        error.retryable, error.retry_after, error.outcome_unknown,
    )  # fmt: skip


Operation = Callable[[Side], object]


def outcome(operation: Operation, side: Side) -> Any:
    try:
        return side.neutral(operation(side))
    except StorageError as error:
        return side.neutral(error)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """What either driver sends."""
    sent: list[Sent] = []
    by_sdk, by_native = WholeBodyTransport.send, Client.send

    def note(method: str, url: str, headers: Any, body: bytes) -> None:
        parts = urlsplit(url)
        lower = {name.lower(): value for name, value in headers.items()}
        query = dict(
            parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        )
        sent.append(Sent(method, parts.path, query, lower, body))

    def of_sdk(self: WholeBodyTransport, request: Any, **options: Any) -> Any:
        body: Any = getattr(request, "content", None) or getattr(request, "data", None) or b""
        if hasattr(body, "read"):
            at = body.tell()
            body, _ = body.read(), body.seek(at)
        note(
            request.method, request.url, request.headers, body if isinstance(body, bytes) else b"?"
        )
        return by_sdk(self, request, **options)

    def of_native(
        self: Client, method: str, target: str, headers: Any, body: bytes = b"", **options: Any
    ) -> Any:
        note(method, target, headers, body)
        return by_native(self, method, target, headers, body, **options)

    monkeypatch.setattr(WholeBodyTransport, "send", of_sdk)
    monkeypatch.setattr(Client, "send", of_native)
    return sent


def put(key: str, data: bytes, options: PutOptions) -> Operation:
    def call(side: Side) -> object:
        condition = options.condition
        if condition == IfMatch("newest"):
            condition = IfMatch(side.etags.get(key, '"0x8D0"'))
        info = side.backend.put(key, data, replace(options, condition=condition))
        side.etags[key] = info.etag
        return info

    return call


def get(key: str, part: tuple[int, int | None] | None, *, unless_newest: bool) -> Operation:
    def call(side: Side) -> object:
        etag = side.etags.get(key) if unless_newest else None
        return side.backend.get(key, GetOptions(part, etag))

    return call


def head(key: str) -> Operation:
    return lambda side: side.backend.head(key)


def many(keys: list[str]) -> Operation:
    return lambda side: dict(side.backend.delete_many(keys))


def delete(key: str, *, conditional: bool) -> Operation:
    def call(side: Side) -> object:
        condition = IfMatch(side.etags.get(key, '"0x8D0"')) if conditional else None
        return side.backend.delete(key, condition=condition)

    return call


def pages(prefix: str, delimiter: str | None, limit: int, *, metadata: bool) -> Operation:
    def call(side: Side) -> object:
        found, token = list[Any](), None
        while True:
            page = side.backend.list(
                prefix, delimiter=delimiter, token=token, limit=limit, metadata=metadata
            )
            found.append(side.neutral(page))
            token = page.token
            if token is None:
                return found

    return call


def upload(key: str, size: int, options: PutOptions) -> Operation:
    return lambda side: side.backend.upload(key, io.BytesIO(b"u" * size), options)


def drawn(seed: int, count: int) -> Iterator[tuple[str, Operation]]:
    """Operations with a name each."""
    draw = random.Random(seed)
    for number in range(count):
        key = draw.choice(KEYS)
        options = PutOptions(
            draw.choice(["text/plain", "application/json", "text/plain; charset=utf-8"]),
            draw.choice(PROPERTIES),
            draw.choice([None, None, IfAbsent(), IfMatch("newest"), IfMatch('"0x8D000"')]),
        )
        data = draw.randbytes(draw.choice([0, 1, 10, 5000]))
        kind = draw.choice(
            ["put"] * 4 + ["get"] * 4 + ["head", "delete", "pages", "upload", "many"]
        )
        name = f"{number} {kind} {key[:20]!r}"
        match kind:
            case "put":
                yield f"{name} {options.condition} {len(data)}", put(key, data, options)
            case "get":
                part, unless = draw.choice([None, *RANGES]), draw.random() < 0.2
                yield f"{name} {part} {unless}", get(key, part, unless_newest=unless)
            case "head":
                yield name, head(key)
            case "delete":
                yield name, delete(key, conditional=draw.random() < 0.5)
            case "upload":
                yield name, upload(key, len(data), options)
            case "many":
                some = draw.sample(KEYS, 2)
                yield name, many(some)
            case _:
                prefix, delimiter = draw.choice(["", "a", "a/", key[:1]]), draw.choice([None, "/"])
                limit, metadata = draw.choice([1, 3, 5000]), draw.random() < 0.5
                yield name, pages(prefix, delimiter, limit, metadata=metadata)


def essence(sent: Sent, side: Side) -> tuple[Any, ...]:
    """What both drivers must send alike; the comments say what they need not."""
    kept = {
        name: side.seen.index(value) if value in side.seen else value
        for name, value in sent.headers.items()
        if name.startswith(("x-ms-", "if-"))
        # The SDK's newer version and its own numbers of requests; it asks for a range always.
        and name not in {"x-ms-version", "x-ms-date", "x-ms-client-request-id", "x-ms-range"}
    }
    query = dict(sent.query)
    query.pop("maxresults", None) if query.get("maxresults") == "5000" else None
    if "blockid" in query:  # drawn for each upload
        query["blockid"] = "?"
    part = sent.headers.get("x-ms-range", "")
    first, _, last = part.removeprefix("bytes=").partition("-")
    if last and int(last) - int(first) == (1 << 40) - 1:  # to the end, as the SDK says it
        part = f"bytes={first}-"
    part = "" if part == "bytes=0-" else part
    body = b"?" if query.get("comp") == "blocklist" else sent.body
    return sent.method, sent.path.replace(side.container, "C"), query, kept, part, body


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_they_do_the_same(
    seed: int, azurite: Azurite, container_name: str, recorded: list[Sent]
) -> None:
    sides = [
        Side(
            kind(account_of(azurite), f"{container_name[:40]}-{name}"),
            f"{container_name[:40]}-{name}",
        )
        for name, kind in DRIVERS.items()
    ]
    for side in sides:
        assert side.backend.ensure_container()
        assert not side.backend.ensure_container()
    compared = 0
    for name, operation in drawn(seed, 400):
        said, sent = [], []
        for side in sides:
            recorded.clear()
            said.append(outcome(operation, side))
            sent.append([essence(each, side) for each in recorded])
            check_signatures(recorded, side)
        assert said[0] == said[1], name
        # The SDK asks twice for what is empty, and deletes in batches.
        native, by_sdk = sent
        if "many" not in name and not (
            len(by_sdk) == 2 and by_sdk[1][0] == "HEAD" and len(native) == 1
        ):
            assert native == by_sdk, name
            compared += 1
    assert compared > 300
    for side in sides:
        side.backend.close()


def check_signatures(sent: list[Sent], side: Side) -> None:
    """Of native requests: by the SDK's own policy."""
    if not isinstance(side.backend, AzureBlobBackend):
        return
    for each in sent:
        assert each.headers["authorization"] == signature_of(each), each


def signature_of(sent: Sent) -> str:
    headers = {**sent.headers}
    headers.pop("authorization")
    if sent.body:
        headers["content-length"] = str(len(sent.body))
    query = "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in sent.query.items())
    url = f"http://127.0.0.1{sent.path}" + (f"?{query}" if query else "")
    request = HttpRequest(sent.method, url, headers=headers)
    policy: Any = SharedKeyCredentialPolicy
    policy(Azurite.account_name, Azurite.account_key).on_request(
        PipelineRequest(request, PipelineContext(None))
    )
    return str(request.headers["Authorization"])


NAMES = st.text("abcxyzABC019_-.'!#", min_size=1, max_size=12)


@given(
    st.dictionaries(NAMES, st.text("abc =,;%", max_size=8), max_size=6),
    st.dictionaries(st.text("abcz", min_size=1, max_size=6), st.text("ab /?&=%\u00fc", max_size=8)),
    st.sampled_from(["GET", "PUT", "DELETE"]),
    st.binary(max_size=3),
)
def test_signatures_of_any_request(
    metadata: dict[str, str], query: dict[str, str], method: str, body: bytes
) -> None:
    by_lower = {name.lower(): name for name in metadata}
    headers = {f"x-ms-meta-{name}": metadata[name] for name in by_lower.values()}
    request = Request(method, "/devstoreaccount1/c/k", query, {"If-Match": '"1"', **headers}, body)
    SharedKey(Azurite.account_name, Azurite.account_key).sign(request)
    lower = {name.lower(): value for name, value in request.headers.items()}
    same = Sent(method, request.path, query, lower, body)
    assert lower["authorization"] == signature_of(same)


@given(st.lists(NAMES, unique_by=str.lower))
def test_names_are_sorted_as_the_sdk_sorts_them(names: list[str]) -> None:
    from azure.storage.blob._shared.authentication import _storage_header_sort

    lower = [name.lower() for name in names]
    theirs = [name for name, _ in _storage_header_sort([(name, "") for name in lower])]
    assert sorted(lower, key=order_of) == theirs


@pytest.mark.parametrize("whole_account", [True, False])
def test_by_a_sas(azurite: Azurite, container_name: str, *, whole_account: bool) -> None:
    """Of the account, or of a container: what it opens and what it does not."""
    owner = AzureBlobBackend(account_of(azurite), container_name)
    owner.ensure_container()
    owner.put("k", b"value", PutOptions(properties=PROPERTIES[-1]))
    token = sas(azurite, None if whole_account else container_name)
    expired = sas(azurite, None if whole_account else container_name, -1)
    for each in (token, expired):
        said = []
        for kind in DRIVERS.values():
            with closing(kind(with_sas(azurite, each), container_name)) as store:
                side = Side(store, container_name)
                said.append([
                    outcome(lambda side: side.backend.get("k"), side),
                    outcome(lambda side: side.backend.get("k", GetOptions((1, 2))), side),
                    outcome(lambda side: side.backend.head("missing"), side),
                    outcome(lambda side: side.backend.list(metadata=True), side),
                    outcome(lambda side: side.backend.ensure_container(), side),
                    outcome(lambda side: side.backend.container_exists(), side),
                ])  # fmt: skip
                if each is token:
                    gone = dict(store.delete_many(["no", "nothing"]))
                    assert gone == {"no": None, "nothing": None}
        assert said[0] == said[1]
    owner.close()


CALLS: Final[dict[str, Operation]] = {
    "get": lambda side: side.backend.get("k"),
    "part": lambda side: side.backend.get("k", GetOptions((3, 4))),
    "head": lambda side: side.backend.head("k"),
    "put": lambda side: side.backend.put("k", b"x"),
    "create": lambda side: side.backend.put("k", b"x", PutOptions(condition=IfAbsent())),
    "swap": lambda side: side.backend.put("k", b"x", PutOptions(condition=IfMatch('"1"'))),
    "delete": lambda side: side.backend.delete("k"),
    "list": lambda side: side.backend.list(),
    "upload": lambda side: side.backend.upload("k", io.BytesIO(b"x")),
    "now": lambda side: side.backend.now(),
    "ensure": lambda side: side.backend.ensure_container(),
    "exists": lambda side: side.backend.container_exists(),
}


@pytest.fixture(scope="module")
def canned() -> Iterator[tuple[CannedServer, list[Side]]]:
    with canned_server() as server:
        kind, key = CredentialKind.ACCOUNT_KEY, SecretStr("c2VjcmV0")
        account = AzureAccount(server.account_url, "canned", kind, account_key=key, timeout=30)
        stores: list[Backend] = [AzureBlobBackend(account, "c"), SdkAzureBlobBackend(account, "c")]
        yield server, [Side(store, "c") for store in stores]
        for store in stores:
            store.close()


@pytest.mark.parametrize("call", CALLS)
def test_every_code_and_every_status(call: str, canned: tuple[CannedServer, list[Side]]) -> None:
    server, sides = canned
    table: list[tuple[int, str | None]] = [(409, code) for code in BY_CODE]
    table += [(status, None) for status in (*BY_STATUS, 400, 404, 405, 409, 412, 500, 502, 503)]
    table += [(404, "SomethingNew"), (412, "SomethingNew"), (503, "ServerBusy")]
    for status, code in table:
        headers = {"Retry-After": "3"} if status in (429, 503) else {}
        server.replies = [answer(status, code, headers=headers)]
        said = []
        for side in sides:
            before = len(server.requests)
            said.append((outcome(CALLS[call], side), len(server.requests) - before))
        assert said[0] == said[1], (status, code)


@pytest.mark.parametrize("call", CALLS)
def test_no_answer(call: str, canned: tuple[CannedServer, list[Side]]) -> None:
    server, sides = canned
    for reply in (RESET, b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"):
        server.replies = [reply]
        native, by_sdk = (outcome(CALLS[call], side) for side in sides)
        if isinstance(native, tuple) and isinstance(by_sdk, tuple):
            assert native == by_sdk, reply
