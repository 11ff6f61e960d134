"""Errors of S3: an answer that is no success, as an error of this library."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.rest.calls import Call, Refusal, fitting, refused, retry_after
from ingenious_storage.backends.s3.error_codes import REGION, rule_for
from ingenious_storage.backends.s3.xml import MalformedError, read_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingenious_storage.errors import StorageError
    from ingenious_storage.http.answers import Response

_CODE: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
_ID: Final = re.compile(r"[A-Za-z0-9+/=._:-]{1,200}")
_REGION: Final = re.compile(r"[a-z0-9-]{1,64}")


def refuse(call: Call, answer: Response) -> StorageError:
    """The error for an answer; of its body, only what has the form of a code is told."""
    fields = _fields(answer)
    refusal = _refusal(answer, fields)
    rule = rule_for(refusal.status, refusal.code)
    if rule.hint == REGION:
        region = answer.headers.get("x-amz-bucket-region") or fields.get("Region")
        if region := fitting(_REGION, region):
            rule = replace(rule, hint=f"The bucket is in {region}: set storage.s3.region to it.")
    return refused(call, refusal, rule)


def error_within(call: Call, answer: Response) -> StorageError | None:
    """The error in the body of an answer whose status says success; None where there is none."""
    fields = _fields(answer)
    if "Code" not in fields:
        return None
    refusal = _refusal(answer, fields)
    return refused(call, refusal, rule_for(500, refusal.code))


def code_of(answer: Response) -> str | None:
    """The code of an answer that is no success."""
    return fitting(_CODE, _fields(answer).get("Code"))


def _fields(answer: Response) -> Mapping[str, str]:
    """What an error page of S3 says; nothing where it is none."""
    try:
        return read_fields("Error", answer.body) if answer.body else {}
    except MalformedError:
        return {}


def _refusal(answer: Response, fields: Mapping[str, str]) -> Refusal:
    request_id = answer.headers.get("x-amz-request-id") or fields.get("RequestId")
    return Refusal(
        "S3",
        answer.status,
        fitting(_CODE, fields.get("Code")),
        fitting(_ID, request_id),
        retry_after(answer.headers),
    )
