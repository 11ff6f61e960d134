"""`ingenious-storage cat`."""

from __future__ import annotations

import base64
import json
import shutil
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import emit
from ingenious_ops.cli.session import pass_session
from ingenious_ops.readable import readable
from ingenious_storage.documents import is_packed, unpacked

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session
    from ingenious_storage.config import Role

_LOOK = 4096


@click.command(cls=Command)
@click.argument("key")
@click.option(
    "--container", type=click.Choice(("data", "revisions")), default="data", show_default=True
)
@click.option("--raw", is_flag=True, help="As it is stored: compressed, encrypted.")
@click.option("--force", is_flag=True, help="The bytes, also of what is no text, on a terminal.")
@pass_session
def cat(session: Session, key: str, container: Role, *, raw: bool, force: bool) -> None:
    """Print the bytes of one blob, decrypted.

    KEY is the key of the blob in the container: `conversations/chat-7/memory.json`. What a record
    of a key under `keys/` holds is shown by --raw only. A packed head, as documents of frameworks
    have it, is printed as JSON, with bytes as their length; --force prints it as it is.
    """
    storage = session.storage
    with closing(storage.keys.open_blob(container, key, raw=raw)) as stream:
        head = None if raw or force else _head(stream, key)
        if session.out.json:
            content = {**_content(stream.read()), "head": head}
            record = {"key": key, "container": container, "raw": raw, **content}
            session.out.document("data", record)
            return
        if head is not None:
            emit(json.dumps(head, indent=2, ensure_ascii=False) + "\n")
            return
        if sys.stdout.isatty() and not force and not _is_text(stream):
            raise click.UsageError("this is no text: write it to a file, or add --force")
        sys.stdout.flush()
        shutil.copyfileobj(stream, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _head(stream: BinaryIO, key: str) -> Any:
    """A packed head in words, None for another blob; the stream stands at its start again."""
    beginning = stream.read(_LOOK)
    packed = is_packed(beginning)
    raw = beginning + stream.read() if packed else b""
    stream.seek(0)
    return readable(unpacked(raw, key=key)) if packed else None


def _is_text(stream: BinaryIO) -> bool:
    """By its beginning; the stream stands at its start again."""
    beginning = stream.read(_LOOK)
    stream.seek(0)
    try:
        text = beginning.decode()
    except UnicodeDecodeError as error:
        return error.start > len(beginning) - 4 and len(beginning) == _LOOK
    return all(char.isprintable() or char in "\n\r\t" for char in text)


def _content(data: bytes) -> dict[str, Any]:
    """As text where it is, else in base64."""
    try:
        content, encoding = data.decode(), "utf-8"
    except UnicodeDecodeError:
        content, encoding = base64.b64encode(data).decode(), "base64"
    return {"bytes": len(data), "encoding": encoding, "content": content}
