from __future__ import annotations

import copy
import copyreg
import inspect
import pickle
import re
import traceback
from pathlib import Path

import pytest
import tblib.pickling_support

from ingenious_storage import errors
from ingenious_storage.errors import CommitUnknownError, NotFoundError, StorageError

KINDS = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, StorageError)
]
DOCS = Path(__file__).parents[2] / "docs" / "errors.md"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_survives_pickling_whole(kind: type[StorageError]) -> None:
    error = kind("what", key="k", operation="put", hint="do", retryable=True, retry_after=1.5)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is kind
        assert str(again) == "what"
        assert vars(again) == vars(error)


def test_a_copy_has_neither_frames_nor_cause_where_distributed_is_imported() -> None:
    """Frames of a key provider hold the key. `distributed` installs tblib for every exception."""
    cause = OSError("x")
    error = NotFoundError("what")
    with pytest.raises(NotFoundError):
        raise error from cause
    tblib.pickling_support.install(error)
    try:
        again = copy.copy(error)
    finally:
        copyreg.dispatch_table.pop(NotFoundError)
    assert (again.__traceback__, again.__cause__, again.__context__) == (None, None, None)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_codes_are_stable_unique_and_hinted(kind: type[StorageError]) -> None:
    assert re.fullmatch("[a-z_]+", kind.code)
    assert [other.code for other in KINDS].count(kind.code) == 1
    assert kind("x").hint


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_traceback_shows_code_and_hint_once(kind: type[StorageError]) -> None:
    error = kind("what", hint="do this next")
    error.add_note("and the caller's own")
    for each in (error, pickle.loads(pickle.dumps(error))):
        lines = "".join(traceback.format_exception(each)).splitlines()
        at = lines.index(f"ingenious_storage.errors.{kind.__name__}: what")
        assert lines[at + 1 :] == [f"[{kind.code}] do this next", "and the caller's own"]
        assert str(each) == "what"


def test_the_builtins_that_they_are() -> None:
    builtins = {
        "NotFoundError": FileNotFoundError,
        "AlreadyExistsError": FileExistsError,
        "PermissionDeniedError": PermissionError,
        "InvalidKeyError": ValueError,
        "InvalidDataError": ValueError,
        "ConfigurationError": ValueError,
        "OperationTimeoutError": TimeoutError,
    }
    for name, builtin in builtins.items():
        assert issubclass(getattr(errors, name), builtin)


def test_attributes_have_defaults() -> None:
    error = NotFoundError("gone")
    assert (error.key, error.operation, error.retry_after) == (None, None, None)
    assert not error.retryable
    assert CommitUnknownError("x", write_id="w").write_id == "w"


def test_the_documentation_has_every_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (yes|no) \|", DOCS.read_text(), re.MULTILINE)
    assert {(name, code, retry == "yes") for name, code, retry in rows} == {
        (kind.__name__, kind.code, kind.default_retryable) for kind in KINDS
    }
