"""Capabilities: what a store may lack, as attributes of the contract that a subclass switches off.

Each has the reason why a store may lack it. A line of the contract that needs a capability is
skipped without it, and says why; before that it proves that the store lacks it indeed, where this
is cheap: so a capability that came back with a new version of a server is noticed.
"""

from __future__ import annotations

from typing import ClassVar, NoReturn

import pytest

ODD_KEYS = (
    "a b/c  d",
    " leading space",
    "100%/%41%2F%",
    "a+b=c@d,e;f",
    "what#is?this&that=1",
    "time:12:30|<a>*\"q\"'q'`",
    "$HOME/!(x)[y]{z}^",
    "emoji/🦊👩🏽‍💻",
    "漢字/かな/한글",
    "café",  # composed, NFC
    "cafe\u0301",  # the same text decomposed, NFD
    "Upper/Lower",
    "upper/lower",
    "UPPER/LOWER",
    "STRASSE",
    "straße",
    ".hidden/.git/config",
    "..x/...y",
    "~tilde/~/~x41",
    "con/nul/com1.txt",
    "CON",
    "aux.tar.gz",
    "-dash/--help",
    "x.tmp",
    "lock",
    "x.lock",
    "\u00a0no-break\u2028",
    "right\u200eto\u200fleft\ufeff",
    "/".join(["s" * 127] * 8),  # 1,023 characters
    "/".join(["s"] * 254),
    "長" * 1024,
    "/".join(["話" * 5] * 170),
    "𝄞" * 300,
)


class Capabilities:
    """What the contract asks for by default is all of it."""

    key_may_be_folder: ClassVar[bool] = True
    """A key can also be a folder of other keys. Where keys are files of a disk it cannot; then both
    writes are refused with InvalidKeyError and change nothing."""

    odd_keys: ClassVar[tuple[str, ...]] = ODD_KEYS
    """The valid keys, hard on stores, that this one takes; it refuses the others with
    InvalidKeyError. A file system has limits of its own (255 bytes a name)."""

    max_key_bytes: ClassVar[int | None] = None
    """The longest key in bytes of UTF-8, None for none. S3 and GCS take 1,024 bytes, where this
    library's keys have 1,024 characters; longer ones are refused with InvalidKeyError."""

    keeps_content_type: ClassVar[bool] = True
    """Content types and the other properties are kept. A folder has no room for them."""

    keeps_metadata_case: ClassVar[bool] = True
    """Names of metadata come back in the case that they were written in. S3 and HTTP headers in
    general do not promise it; names ignore case anyway."""

    lists_properties: ClassVar[bool] = True
    """A listing with the metadata has all properties. S3's listings have none of them."""

    reads_properties: ClassVar[bool] = True
    """A get says all properties. The headers of a download from GCS have some of their own
    (`Content-Disposition: attachment`) and no metadata."""

    lists_sizes: ClassVar[bool] = True
    """A listing's sizes count what `get` gives. A layer that compresses knows the stored ones."""

    random_access: ClassVar[bool] = True
    """A range costs about its own length. What is compressed as a whole is read from its start."""

    own_etag_for_each_write: ClassVar[bool] = True
    """Every write has an ETag of its own, of equal bytes too. S3's follows from the bytes (their
    MD5). Then an unchanged ETag says that the bytes are the same, not that nobody wrote."""

    put_tells_all: ClassVar[bool] = True
    """What a put answers is what a head says. S3's answer has no time but the service's clock, and
    SeaweedFS chooses a content type by the name; so a cache shows what was written."""

    conditional_delete: ClassVar[bool] = True
    """A delete with IfMatch spares another write. Some S3 servers (MinIO) and fake-gcs-server
    ignore the condition."""

    one_deleter_wins: ClassVar[bool] = True
    """Of those that delete one blob at the same moment, one is told that it did. S3 answers a
    delete of nothing as a success, so a look before it is needed, and two may both see the blob."""

    writes_beside_deletes: ClassVar[bool] = True
    """A write goes well while its last neighbour in a folder is deleted. versitygw takes the folder
    away at that moment, and then refuses the write as one of a folder's name, now and then."""

    etag_of_what_is_read: ClassVar[bool] = True
    """The ETag of a read is that of its bytes. versitygw looks it up before it opens the file, so
    now and then it is that of the write before: then a write on it is refused once too often."""

    conditional_reads: ClassVar[bool] = True
    """`if_none_match` spares the data of what is unchanged. fake-gcs-server ignores it."""

    lists_in_order: ClassVar[bool] = True
    """Listings are in the order of the keys' bytes, and pages follow it. SeaweedFS lists folder by
    folder, "a/b" before "a-b". All of it is listed, page by page, all the same."""

    folds_pages: ClassVar[bool] = True
    """Pages of a listing with a delimiter hold each prefix once. fake-gcs-server repeats them."""

    tells_missing_container: ClassVar[bool] = True
    """A write into a container that is not there is refused. SeaweedFS makes a bucket for it."""

    def takes(self, key: str) -> bool:
        """Whether the store under test has room for this key."""
        length = self.max_key_bytes
        return key in self.odd_keys and (length is None or len(key.encode()) <= length)


def lacks(what: str) -> NoReturn:
    """Skip the rest of a line of the contract: the store says that it lacks this."""
    pytest.skip(f"the store does without: {what}")
