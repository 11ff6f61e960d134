"""Guide of the store that is examined: the one place that knows them by their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.guides.azure.guide import AzureGuide
from ingenious_ops.doctor.guides.base import Guide
from ingenious_ops.doctor.guides.gcs import GcsGuide
from ingenious_ops.doctor.guides.s3 import S3Guide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingenious_ops.doctor.context import Context

_GUIDES: Final[Mapping[str, Guide]] = {
    "azure_blob": AzureGuide(),
    "s3": S3Guide(),
    "gcs": GcsGuide(),
}
_ANY: Final = Guide()


def guide_of(context: Context) -> Guide:
    """That of the store, or of any; also where the configuration names none."""
    if context.settings is None:
        return _ANY
    return _GUIDES.get(context.storage.type, _ANY)
