"""Reading a page: its elements, what it says, and its forms, as a browser would send them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder

from httpx2 import Response
from starlette.testclient import TestClient

_VOID: Final = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.builder = TreeBuilder()
        self.open = list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in _VOID:
            self.builder.end(tag)
        else:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open[-1:] == [tag], f"</{tag}> closes {self.open[-3:]}"
            self.builder.end(self.open.pop())

    def handle_data(self, data: str) -> None:
        if self.open:
            self.builder.data(data)


def parsed(answer: Response) -> Element:
    """The whole page. Fails for one whose elements are not closed in their order."""
    parser = _Parser()
    parser.feed(answer.text)
    parser.close()
    assert not parser.open, f"{parser.open} stay open"
    return parser.builder.close()


def said(element: Element) -> str:
    """All its text, with one space between words."""
    return " ".join("".join(element.itertext()).split())


def main(answer: Response) -> Element:
    """What a page holds besides its frame."""
    found = parsed(answer).find(".//main")
    assert found is not None
    return found


def links(element: Element) -> dict[str, str]:
    """Addresses by the text of their links, or by their label where that is more."""
    return {
        found.get("aria-label") or said(found): found.get("href", "") for found in element.iter("a")
    }


def fields(form: Element) -> dict[str, str]:
    """What is sent when nobody changes anything."""
    found = dict[str, str]()
    for each in form.iter():
        name = each.get("name")
        if name is None or each.tag not in {"input", "textarea", "select"}:
            continue
        if each.get("type") in {"radio", "checkbox"} and each.get("checked") is None:
            continue
        found[name] = (each.text or "") if each.tag == "textarea" else each.get("value", "")
    return found


def form(answer: Response, action: str) -> Element:
    """The one form of the page that is sent to an address that ends so."""
    [found] = [
        each for each in parsed(answer).iter("form") if each.get("action", "").endswith(action)
    ]
    return found


def send(client: TestClient, answer: Response, action: str, **filled: str) -> Response:
    """Fill in the form of the page, and send it."""
    found = form(answer, action)
    assert found.get("method") == "post"
    data = {**fields(found), **filled}
    return client.post(found.get("action", ""), data=data, headers={"Origin": str(client.base_url)})
