"""Items that JSON would change or refuse, and those that nothing can store."""

from __future__ import annotations

import enum
import math
from collections import OrderedDict
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from agents import OpenAIResponsesCompactionSession
from agents.extensions.memory import EncryptedSession
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from ingenious_storage import InvalidDataError, ObjectTooLargeError, Storage
from ingenious_storage.adapters.openai_agents import StorageSession
from ingenious_storage.adapters.openai_agents.items import decoded, encoded
from ingenious_storage.config import Settings, StorageSettings
from tests.library.adapters.openai_agents.conftest import Make
from tests.support.counting import CountingBackend

pytestmark = pytest.mark.anyio


class Role(enum.StrEnum):
    USER = "user"


class Number(enum.IntEnum):
    ONE = 1


START: dict[str, Any] = {}
UNUSUAL: list[tuple[Any, Any]] = [
    ({"role": "user", "content": "\ud800 half of an emoji"}, ...),
    ({"\udfff": ["\ud83d", "\N{GRINNING FACE}", "\x00"]}, ...),
    ({1: "a", -5: {2: 3}, False: None, None: 1, 1.5: "x"}, ...),
    ({"score": -math.inf, "whole": 2**64 - 1, "low": -(2**63), "tiny": 5e-324}, ...),
    ({"bytes": b"\x00\xff"}, ...),
    ({"tuple": (1, (2,))}, {"tuple": [1, [2]]}),
    (OrderedDict(role=Role.USER, n=Number.ONE), {"role": "user", "n": 1}),
    ({"": {"": [[], {}, ""]}}, ...),
    ("a text", ...),
    (reduce(lambda inner, _: {"in": inner}, range(400), START), ...),
]


@pytest.mark.parametrize(("item", "back"), UNUSUAL, ids=range(len(UNUSUAL)))
async def test_unusual_items_are_kept(make: Make, item: Any, back: Any) -> None:
    session: StorageSession = make("s")
    wanted: Any = item if back is ... else back
    await session.add_items([item])
    await session.add_items([item, item])
    assert await session.get_items() == [wanted] * 3
    (got, *_) = await session.get_items()
    assert [*map(type, got)] == [*map(type, wanted)]  # 1 is not "1", nor True
    assert await session.pop_item() == wanted


async def test_nan_is_kept(make: Make) -> None:
    session = make("s")
    await session.add_items([{"score": math.nan}])
    (item,) = await session.get_items()
    assert math.isnan(item["score"])


texts = st.sampled_from(["", "a", "\ud800", "\x00", "\N{GRINNING FACE}", "items"])
numbers = st.integers(-(2**63), 2**64 - 1)
values = st.recursive(
    texts | numbers | st.binary(max_size=9) | st.floats(allow_nan=False) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts | numbers, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50)
@given(st.lists(st.dictionaries(texts, values, max_size=3), max_size=3))
def test_what_can_be_stored_comes_back_equal(items: list[Any]) -> None:
    assert decoded(encoded(items)) == items


class Model(BaseModel):
    role: str


@pytest.mark.parametrize(
    "item", [{"n": 2**64}, {"x": {1, 2}}, {"x": object()}, Model(role="user"), {(1, 2): 3}]
)
async def test_what_cannot_be_stored_is_refused_before_any_request(
    make: Make, counted: CountingBackend, item: Any
) -> None:
    session = make("s")
    with pytest.raises(InvalidDataError) as refused:
        await session.add_items([{"role": "user", "content": "fine"}, item])
    assert "to_input_item" in refused.value.hint
    assert counted.total == 0
    assert await session.get_items() == []


@pytest.mark.parametrize("items", ["text", b"bytes", {"role": "user"}, 5])
async def test_items_are_a_list(make: Make, items: Any) -> None:
    with pytest.raises(InvalidDataError, match="items must be a list"):
        await make("s").add_items(items)


def circle() -> dict[str, Any]:
    item: dict[str, Any] = {}
    item["itself"] = item
    return item


async def test_a_circle_is_refused(make: Make) -> None:
    with pytest.raises(InvalidDataError):
        await make("s").add_items([circle()])


async def test_a_session_is_as_large_as_a_document_may_be(tmp_path: Path) -> None:
    small = StorageSettings(base_path=tmp_path, max_document_bytes=5000)
    with Storage(Settings(small)) as storage:
        session, item = StorageSession("s", storage), {"role": "user", "content": "x" * 1000}
        items: Any = [item]
        for _ in range(4):
            await session.add_items(items)
        with pytest.raises(ObjectTooLargeError, match="5000"):
            await session.add_items(items)
        assert len(await session.get_items()) == 4  # and it goes on after a pop
        await session.pop_item()
        await session.add_items(items)


@pytest.mark.parametrize("given_id", [None, 7, b"s"])
def test_an_id_is_text(given_id: Any) -> None:
    with pytest.raises(TypeError, match="give the session's id as text"):
        StorageSession(given_id)


async def test_an_id_with_half_of_a_letter_is_refused(make: Make, counted: CountingBackend) -> None:
    with pytest.raises(ValueError, match="lone surrogate"):
        await make("\ud800").get_items()
    assert counted.total == 0


def test_another_storage_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Storage\.from_config"):
        StorageSession("s", "folder")  # type: ignore[arg-type]


async def test_a_document_of_another_shape_is_not_touched(make: Make, storage: Storage) -> None:
    storage.agents("openai-agents").change("s", leaf="session", fn=lambda _old: ["not ours"])
    for call in (make("s").get_items(), make("s").add_items([{"a": 1}]), make("s").pop_item()):
        with pytest.raises(InvalidDataError, match="no items of a session"):
            await call
    assert storage.agents("openai-agents").store.load(
        "agents/openai-agents/s/session.msgpack"
    ).data == ["not ours"]


async def test_an_encrypted_session_wraps_it(make: Make, storage: Storage) -> None:
    session = EncryptedSession("s", make("s"), "a long and random key of this test")
    items: Any = [{"role": "user", "content": f"secret {n}"} for n in range(3)]
    await session.add_items(items)
    assert await session.get_items() == items
    assert await session.get_items(2) == items[1:]
    assert await session.pop_item() == items[2]
    stored = storage.agents("openai-agents").store.head("agents/openai-agents/s/session.msgpack")
    assert stored is not None
    assert b"secret" not in stored.data
    assert b"__enc__" in stored.data
    await session.clear_session()
    assert await session.get_items() == []


def test_a_compaction_session_wraps_it(make: Make) -> None:
    OpenAIResponsesCompactionSession("s", make("s"))
