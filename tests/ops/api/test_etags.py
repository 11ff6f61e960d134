"""If-Match and If-None-Match, as RFC 9110 has them."""

from __future__ import annotations

import pytest

from ingenious_ops.api.errors import InvalidRequestError
from ingenious_ops.api.etags import Tag, Tags, etag_of, parse_tags
from ingenious_storage import RevisionId

REVISION = RevisionId(7, "5f0c1e7a9b3d4c2e")
A, B, WEAK = Tag('"a"'), Tag('"b"'), Tag('"w"', weak=True)


@pytest.mark.parametrize(
    ("lines", "tags"),
    [
        ([], None),
        (["*"], Tags(any=True)),
        ([" * "], Tags(any=True)),
        (['"a"'], Tags([A])),
        (['"a", "b"'], Tags([A, B])),
        (['"a","b"'], Tags([A, B])),
        (['"a"', '"b"'], Tags([A, B])),
        ([',"a",, W/"w" ,\t'], Tags([A, WEAK])),
        (['"a,b"'], Tags([Tag('"a,b"')])),
        (['"*"'], Tags([Tag('"*"')])),
        (['""'], Tags([Tag('""')])),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, list) else "",
)
def test_lists_of_tags(lines: list[str], tags: Tags | None) -> None:
    assert parse_tags("If-Match", lines) == tags


@pytest.mark.parametrize(
    "line",
    [
        "",
        ",",
        "a",
        '"a',
        'a"',
        "'a'",
        '"a" "b"',
        '"a"b',
        'w/"a"',
        'W/ "a"',
        '*, "a"',
        '"a", *',
        '"a b"',
        '"\x7f"',
        ",".join(['"a"'] * 101),
    ],
    ids=lambda line: repr(line)[:20],
)
def test_what_is_no_list_of_tags_is_refused(line: str) -> None:
    with pytest.raises(InvalidRequestError, match="If-Match"):
        parse_tags("If-Match", [line])


def test_a_strong_comparison_does_not_take_a_weak_tag() -> None:
    tags = Tags([A, Tag(etag_of(REVISION), weak=True)])
    assert not tags.match(etag_of(REVISION))
    assert tags.match_weakly(etag_of(REVISION))
    assert tags.match('"a"')
    assert not tags.match_weakly('"b"')


def test_a_tag_names_a_revision() -> None:
    assert Tag(etag_of(REVISION)).revision == REVISION
    assert Tag(etag_of(REVISION), weak=True).revision is None
    for text in (
        '"a"',
        '"0-ab"',
        '"7"',
        '"7-"',
        '"7-XY"',
        '"-7-ab"',
        '"07-ab"',
        f'"{"9" * 30}-ab"',
    ):
        assert Tag(text).revision is None
