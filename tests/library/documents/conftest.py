from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import MSGPACK, DocumentStore
from tests.support.counting import CountingBackend
from tests.support.layering import files_on, layered, new_key_file

FOLDER = Path(__file__).parent
CORE = frozenset({"test_semantics.py", "test_requests.py", "test_mixed.py"})
"""Files of which every run has all cases with the layers too; of the others they are slow."""
PLAIN = frozenset(
    {
        "test_damage.py",
        "test_fairness.py",
        "test_fields.py",
        "test_many.py",
        "test_second_reader.py",
        "test_sizes.py",
    }
)
"""Files about what no layer can change: fields of a record, turns, lists of keys."""


PACKED = frozenset(
    {
        "test_erasing.py",
        "test_every_request.py",
        "test_once.py",
        "test_properties.py",
        "test_requests.py",
        "test_unknown_outcomes.py",
    }
)
"""Files whose tests are done with packed documents as well, of which no byte is looked at."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test of this folder without the layers, and with all three."""
    name = metafunc.definition.path.name
    marks = [] if name in CORE else [pytest.mark.slow]
    plain = name in PLAIN or metafunc.definition.path.parent.name == "simulation"
    layered = [] if plain else [pytest.param("layered", marks=marks)]
    packed = [pytest.param("packed", marks=marks)] if name in PACKED else []
    metafunc.parametrize("layers", ["plain", *layered, *packed], indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is slow without the layers is not done once more with them."""
    items[:] = [item for item in items if not item.path.is_relative_to(FOLDER) or is_wanted(item)]


def is_wanted(item: pytest.Item) -> bool:
    """Of the tests in `sealed`, which know only layers, there is no plain case; and lines that are
    disturbed on their way to a folder have no layers, as those to memory have."""
    assert isinstance(item, pytest.Function)
    given = item.callspec.params
    if given["layers"] == "plain":
        return item.path.parent.name != "sealed"
    network = given.get("network", "inmemory")
    if network == "local" or (given["layers"] == "packed" and network != "inmemory"):
        return False
    return len([*item.iter_markers("slow")]) <= (item.path.name not in CORE)


@pytest.fixture(scope="session")
def key_file_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_key_file(tmp_path_factory.mktemp("keys"))


@pytest.fixture(autouse=True)
def layers(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whether `files_on` and `Place` have them, and whether new documents are packed."""
    if request.param == "packed":
        monkeypatch = request.getfixturevalue("monkeypatch")
        monkeypatch.setitem(DocumentStore.__init__.__kwdefaults__, "encoding", MSGPACK)
    if request.param != "layered":
        yield
        return
    with layered(request.getfixturevalue("key_file_of_the_tests")):
        yield


@pytest.fixture
def backend() -> CountingBackend:
    return CountingBackend(InMemoryBackend(), but="keys/")


@pytest.fixture
def store(backend: CountingBackend) -> DocumentStore:
    return DocumentStore(files_on(backend))
