"""What people type: fields, phrases and words, and never an error of syntax."""

from __future__ import annotations

import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingenious_storage.catalogue import Query
from ingenious_storage.catalogue.index import Index
from ingenious_storage.catalogue.searching import search
from ingenious_storage.errors import InvalidDataError
from tests.library.catalogue.rows import BEGAN, row

DAY = 86_400
ROWS = [
    row("order-17", "Hello, brave new world! Café in Zürich", at=1, author="Ann", tags=("red",)),
    row(
        "order-18", "new hotel in 東京都 and 大阪", at=DAY + 1, author="Bob B", tags=("red", "a b")
    ),
    row("order-19", "refund for the hotel; snake_case ΆΓΙΟΣ", at=2 * DAY, tags=("Red:1",)),
    row("gone", "hello hotel", at=3 * DAY, deleted=True),
    row(
        "house",
        "hello prompt",
        kind="prompts",
        key="prompts/house.json",
        message="A refund",
        at=4 * DAY,
    ),
    row("live", "house", kind="label", key="live", at=5 * DAY),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    index = Index(tmp_path_factory.mktemp("query") / "index.db")
    index.put(ROWS)
    yield index
    index.close()


def found(index: Index, query: Query) -> set[str]:
    return {hit.name for hit in search(index, query, limit=100, offset=0).hits}


ALL = {"order-17", "order-18", "order-19", "house", "live"}
TYPED: dict[str, set[str]] = {
    "": ALL,
    "  ": ALL,
    "hello": {"order-17", "house"},
    "HELLO world": {"order-17"},
    "hello hotel": set(),
    '"brave new"': {"order-17"},
    '"new brave"': set(),
    '"brave new': {"order-17"},
    "“brave new”": {"order-17"},
    'hotel"new"': {"order-18"},
    "hot*": {"order-18", "order-19"},
    "hot": set(),
    '"new hot"*': {"order-18"},
    '"new hot*"': set(),
    "new -hotel": {"order-17"},
    "-hotel": ALL - {"order-18", "order-19"},
    "-hotel -hello": {"live"},
    '-"new hotel" new': {"order-17"},
    "- hotel": {"order-18", "order-19"},
    "order-17": {"order-17"},
    "order-1*": {"order-17", "order-18", "order-19"},
    "snake_case": {"order-19"},
    "cafe zurich": {"order-17"},
    "cafe\u0301 ZU\u0308RICH": {"order-17"},
    "άγιος": {"order-19"},  # another sigma
    "東": {"order-18"},
    "都": {"order-18"},
    "東京": {"order-18"},
    "京都": {"order-18"},
    "東京都": {"order-18"},
    "東都": set(),
    "京大": set(),
    '"東京都 and"': {"order-18"},
    '"東京 and"': set(),
    '"and 大"': {"order-18"},
    "大阪hotel": {"order-18"},
    "東京、大阪": {"order-18"},
    "大*": {"order-18"},
    "tag:red": {"order-17", "order-18"},
    "TAG:RED": {"order-17", "order-18"},
    'tag:"a b"': {"order-18"},
    "tag:red:1": {"order-19"},
    "tag:re": set(),
    "-tag:red": {"order-19", "house", "live"},
    "tag:red hotel": {"order-18"},
    "author:ann": {"order-17"},
    'author:"bob b"': {"order-18"},
    "author:ann author:bob": set(),
    "-author:ann new": {"order-18"},
    "kind:prompts": {"house"},
    "kind:label kind:prompts": set(),
    "-kind:memory": {"house", "live"},
    "-kind:memory house": {"house", "live"},
    "-kind:label": ALL - {"live"},
    "-kind:label house": {"house"},
    "kind:memory hello": {"order-17"},
    "kind:memory": {"order-17", "order-18", "order-19"},
    "refund": {"order-19", "house"},
    "after:2026-01-02": ALL - {"order-17"},
    "after:2026-01-02 before:2026-01-03": {"order-18"},
    "-before:2026-01-02": ALL - {"order-17"},
    "-after:2026-01-02": {"order-17"},
    "after:2026-01-03T00:00:00Z hotel": {"order-19"},
    "after:2026-01-03T01:00:00+02:00 hotel": {"order-19"},
    "before:2026-01": set(),
    "before:2027 hotel": {"order-18", "order-19"},
    "after:2026-01-02 after:2026-01-05": {"house", "live"},
    "tag: red": set(),  # no field without a value: two words
    "other:red": set(),
    "*": ALL,
    "!!! --": ALL,
    "\x00 \ue7f3kmemory": set(),  # nobody types a facet
}


@pytest.mark.parametrize("number", range(len(TYPED)))
def test_what_is_typed(number: int, index: Index) -> None:
    typed = list(TYPED)[number]
    assert found(index, Query(typed)) == TYPED[typed], typed


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (Query(kind="prompts"), {"house"}),
        (Query("hello", kind="memory"), {"order-17"}),
        (Query("kind:memory", kind="label"), set()),
        (Query(tags=("RED", "A B")), {"order-18"}),
        (Query(author="bob b"), {"order-18"}),
        (Query(after=BEGAN + timedelta(seconds=1)), ALL),
        (Query(after=BEGAN + timedelta(seconds=1, microseconds=1)), ALL - {"order-17"}),
        (Query(before=BEGAN + timedelta(seconds=1)), set()),
        (Query("new", before=BEGAN + timedelta(seconds=1, microseconds=1)), {"order-17"}),
        (Query("hello", deleted=True), {"order-17", "house", "gone"}),
        (Query(deleted=True), ALL | {"gone"}),
        (Query("hello", deleted=True, after=BEGAN + timedelta(days=3)), {"gone", "house"}),
        (Query("hello", deleted=True, before=BEGAN + timedelta(days=3.5)), {"order-17", "gone"}),
    ],
    ids=range(13),
)  # fmt: skip
def test_fields(query: Query, names: set[str], index: Index) -> None:
    assert found(index, query) == names


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (Query("after:yesterday"), "after:yesterday is no date"),
        (Query('before:"31.1.2026"'), "before:31.1.2026 is no date"),
        (Query("after:2026-02-30"), "no date"),
        (Query("after:0000"), "no date"),
        (Query("kind:memo"), "there is no kind 'memo'"),
        (Query(kind="memo"), "there is no kind 'memo'"),  # type: ignore[arg-type]
        (Query(after=datetime(2026, 1, 1)), "no time zone"),  # noqa: DTZ001
        (Query("word " * 101), "more than 100 words"),
    ],
    ids=range(8),
)
def test_what_cannot_be_looked_for_is_told_before_any_io(
    query: Query, says: str, tmp_path: Path
) -> None:
    index = Index(tmp_path / "index.db")
    with pytest.raises(InvalidDataError, match=says) as caught:
        search(index, query, limit=20, offset=0)
    assert caught.value.hint != InvalidDataError.default_hint
    assert not index.exists


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (1001, 0), (1, -1)])
def test_a_limit_is_a_number_of_documents(limit: int, offset: int, index: Index) -> None:
    with pytest.raises(InvalidDataError, match=f"a limit of {limit}"):
        search(index, Query(), limit=limit, offset=offset)


SIGNS = string.punctuation + " \t\n\x00“”　、" + "aé東京K"
FIELDS = st.sampled_from(
    ["tag:", "author:", "-", '"', "*", " AND ", " OR ", "NOT ", "NEAR(", "{text}:"]
)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.one_of(st.text(st.sampled_from(SIGNS), max_size=8), FIELDS), max_size=8).map(
        "".join
    )
)
def test_nothing_that_is_typed_is_an_error_of_syntax(index: Index, typed: str) -> None:
    search(index, Query(typed), limit=5, offset=0)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=20).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_any_text_can_be_a_query_a_tag_and_an_author(index: Index, text: str) -> None:
    search(index, Query(tags=(text,), author=text), limit=5, offset=0)
    typed = text.replace(":", " ")  # a date that is none is refused
    search(index, Query(typed), limit=5, offset=0)


def in_order(index: Index, query: Query, **page: int) -> list[str]:
    hits = search(index, query, **{"limit": 100, "offset": 0, **page}).hits
    return [hit.name for hit in hits]


def test_the_best_come_first_and_the_newest_where_no_word_is_looked_for(tmp_path: Path) -> None:
    index = Index(tmp_path / "index.db")
    texts = {3: "word word word word", 7: "word and much beside it, of other things", 9: "word"}
    index.put(row(f"c{n}", texts.get(n, "other"), at=n, tags=("t",)) for n in (9, 2, 7, 5, 3))
    assert in_order(index, Query("word")) == ["c3", "c9", "c7"]
    assert in_order(index, Query("word"), limit=1, offset=1) == ["c9"]
    for query in (Query(), Query(tags=("t",)), Query(kind="memory"), Query(deleted=True)):
        assert in_order(index, query) == ["c9", "c7", "c5", "c3", "c2"]
        assert in_order(index, query, limit=2, offset=1) == ["c7", "c5"]


def test_times_of_any_zone_are_compared_as_moments(index: Index) -> None:
    east = timezone(timedelta(hours=9))
    same = (BEGAN + timedelta(days=2)).astimezone(east)
    assert found(index, Query("hotel", after=same)) == {"order-19"}
    assert found(index, Query("hotel", before=same)) == {"order-18"}
    assert found(index, Query(before=datetime(1, 1, 1, tzinfo=UTC))) == set()
    assert found(index, Query(after=datetime(9999, 12, 31, tzinfo=UTC))) == set()


@pytest.mark.parametrize(
    "query",
    [
        Query(words="a \udcff"),
        Query(words="tag:\udcff"),
        Query(words="after:\udcff"),
        Query(tags=("\udcff",)),
        Query(author="\udcff"),
    ],
    ids=["word", "field", "date", "tag", "author"],
)
def test_what_is_no_text_is_refused(query: Query) -> None:
    with pytest.raises(InvalidDataError, match="no text at character") as caught:
        search(Index(Path("never made")), query, limit=1, offset=0)
    str(caught.value).encode()
