"""What is said in a document, its pieces, and the passages that are shown of it."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from ingenious_storage.catalogue.records import DocumentKind
from ingenious_storage.catalogue.searching.excerpts import LENGTH, Excerpts
from ingenious_storage.catalogue.searching.query import Phrase
from ingenious_storage.catalogue.words import folding
from ingenious_storage.catalogue.words.cjk import RUN, pieces
from ingenious_storage.catalogue.words.text import text_of

MESSAGES = {
    "messages": [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": [{"type": "text", "text": "Hi there"}, {"n": 7}]},
    ],
    "context": "more",
}
DATA: list[tuple[DocumentKind, Any, str]] = [
    ("memory", MESSAGES, "Hello\nHi there\nmore"),
    ("memory", {"role": "manager", "names": ["a", ["b", {"c": "d"}]]}, "manager\na\nb\nd"),
    ("memory", "plain", "plain"),
    ("memory", None, ""),
    ("memory", 7, ""),
    ("memory", {"image": f"data:image/png;base64,{'iVBORw0KGgo' * 90}==", "a": "b"}, "\nb"),
    ("memory", {"words": "word " * 200}, "word " * 200),
    ("prompts", {"a/b.md": "You are", "c.md": "kind"}, "a/b.md\nYou are\nc.md\nkind"),
    ("label", {"set": "house", "number": 3, "write_id": "w"}, "house"),
    ("label", None, ""),
]


@pytest.mark.parametrize(("kind", "data", "text"), DATA, ids=range(len(DATA)))
def test_what_is_said(kind: DocumentKind, data: object, text: str) -> None:
    assert text_of(kind, data) == text


def test_a_document_may_be_deeper_than_pythons_stack() -> None:
    data: Any = "deep"
    for _ in range(5000):
        data = [data]
    assert text_of("memory", data) == "deep"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("plain", ["plain"]),
        ("東京都", ["東京", "京都", "都"]),
        ("a東京b", ["a", "東京", "京", "b"]),
        ("ひらがなカタカナ", [*["ひら", "らが", "がな", "なカ", "カタ", "タカ", "カナ", "ナ"]]),
        ("한국 어", ["한국", "국", "어"]),
        ("𠮷野家", ["𠮷野", "野家", "家"]),
        ("、東。", ["、", "東", "。"]),
    ],
    ids=range(7),
)
def test_pieces(text: str, words: list[str]) -> None:
    assert pieces(text).split() == words


@pytest.mark.slow
def test_sqlite_takes_all_cjk_for_letters_and_none_of_it_for_another() -> None:
    characters = [chr(code) for code in range(0x1100, 0x32000) if RUN.match(chr(code))]
    folding._learn(characters)  # else they are not asked about, which this shows to be right
    assert folding.fold("".join(characters)) == "".join(characters)
    blocks = ("CJK", "KANA ", "HANGUL", "BOPOMOFO")
    letters = [
        chr(code)
        for code in range(0x1100, 0x32000)
        if unicodedata.category(chr(code)) == "Lo"
        and not RUN.match(chr(code))
        and any(name in unicodedata.name(chr(code), "") for name in blocks)
    ]
    assert letters == ["\uffa0"]  # a filler


def marked(text: str, *phrases: str, begins: bool = False) -> str:
    """The passage, with the words in brackets."""
    found = [Phrase(tuple(folding.words(phrase)), begins) for phrase in phrases]
    return "".join(f"[{p}]" if is_word else p for p, is_word in Excerpts(found).of(text))


@pytest.mark.parametrize(
    ("text", "phrases", "expected"),
    [
        ("Hello, hello HELLOS shello hello", ["hello"], "[Hello], [hello] HELLOS shello [hello]"),
        ("The Brave, new world", ["brave new"], "The [Brave, new] world"),
        ("new brave new", ["brave new", "new"], "[new] [brave new]"),
        ("Café cafe\u0301 cafés", ["cafe"], "[Café] [café] cafés"),
        ("x\u0301y xy x\u0301yz", ["xy"], "[x\u0301y] [xy] x\u0301yz"),
        ("ÄRGER ärger", ["ärger"], "[ÄRGER] [ärger]"),
        ("東京都と京都", ["京都"], "東[京都]と[京都]"),
        ("東京都", ["東", "都"], "[東]京[都]"),
        ("in 東京 hotel", ["東京 hotel"], "in [東京 hotel]"),
        ("chat-17 chat 17 chat17", ["chat-17"], "[chat-17] [chat 17] chat17"),
        ("a\n\n b\tc", ["b"], "a [b] c"),
        ("nothing of it", ["word"], "nothing of it"),
        ("(a+b) a.b", ["a"], "([a]+b) [a].b"),
        ("", ["word"], ""),
        (
            "order-17 orders-17 order-178 my order 17",
            ["order 17"],
            "[order-17] orders-17 order-178 my [order 17]",
        ),
        ("order, orders; 大阪order", ["order"], "[order], orders; 大阪[order]"),
        ("東京 大阪と東京大阪", ["東京 大阪"], "[東京 大阪]と[東京大阪]"),
        ("x\u0301\u0301 y", ["x", "y"], "[x\u0301\u0301] [y]"),
    ],
    ids=range(18),
)
def test_words_are_marked(text: str, phrases: list[str], expected: str) -> None:
    assert marked(text, *phrases) == expected


def test_a_word_is_found_behind_many_parts_of_others() -> None:
    assert marked("a" * 19_000 + " word " + "a" * 30 + " a", "a").endswith("aaa [a]")
    assert "[É]" in marked("é" * 9000 + " É " + "é" * 9000, "e")


def test_a_beginning_marks_the_whole_word() -> None:
    assert marked("hello help shelf", "hel", begins=True) == "[hello] [help] shelf"
    assert marked("a chat-179 chat-2", "chat-17", begins=True) == "a [chat-179] chat-2"


def test_a_long_text_is_cut_around_the_word() -> None:
    text = " ".join(f"word{n}" for n in range(40_000))
    passage = marked(text, "word31234")
    assert passage.startswith("…word")
    assert passage.endswith("…")
    assert "word31233 [word31234] word31235" in passage
    assert LENGTH - 30 < len(passage) < LENGTH + 10


def test_a_long_word_of_the_language_is_not_cut_into_another() -> None:
    passage = marked("x" * 300 + "word " + "y" * 300 + " word", "word")
    assert passage.count("[") == 1
    assert passage.endswith("[word]")


def test_the_passage_is_where_most_of_the_words_are() -> None:
    text = "alpha " + "filler " * 100 + "alpha beta " + "filler " * 100
    assert "[alpha] [beta]" in marked(text, "alpha", "beta")
