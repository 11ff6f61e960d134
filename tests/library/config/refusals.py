"""What every refusal of a configuration has in common."""

from __future__ import annotations

import base64
from collections.abc import Callable
from traceback import format_exception

import pytest

from ingenious_storage.errors import ConfigurationError

CANARY = "CANARYsecretCANARY"
"""Never to be seen; it is in every secret of these tests."""

KEY = base64.b64encode((CANARY * 4).encode()[:64]).decode()
"""A key of the right size, whose decoded bytes hold the canary."""

SAS = f"sv=2024-11-04&ss=b&srt=sco&sp=rwdlac&se=2030-01-01T00:00:00Z&sig={CANARY}%3D"
ACCOUNT = "contosoagents"
STRING = f"DefaultEndpointsProtocol=https;AccountName={ACCOUNT};AccountKey={KEY}"


def refused(call: Callable[[], object], *expected: str) -> ConfigurationError:
    """`call` raises a ConfigurationError that says `expected`, has a hint and shows no secret."""
    with pytest.raises(ConfigurationError) as caught:
        call()
    error = caught.value
    for text in expected:
        assert text in str(error)
    assert error.hint
    chain: list[BaseException] = [error]
    while parent := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(parent)
    shown = "".join(f"{link!s}{link!r}{link.args}" for link in chain)
    shown += error.hint + "".join(format_exception(error))
    for secret in (CANARY, KEY):
        assert secret not in shown
    return error
