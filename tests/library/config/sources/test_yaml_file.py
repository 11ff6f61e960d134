"""YAML that is refused: with file and line, and nothing of what it holds."""

from __future__ import annotations

import pytest

from ingenious_storage.config.sources.reading import MAX_BYTES
from tests.library.config.conftest import Load
from tests.library.config.refusals import CANARY, refused

BOMB = "\n".join(
    ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 30))]
)
INDENTED_BOMB = BOMB.replace("\n", "\n  ")

REFUSED = {
    "python tag": ("x: 1\nstorage: !!python/object/apply:os.system ['id']", 2, "a tag"),
    "python tag elsewhere": ("models: !!python/name:os.system ''", 1, "a tag"),
    "custom tag": (f"storage:\n  account_key: !{CANARY} x", 2, "a tag"),
    "custom tag on a key": ("storage:\n  !x type: local", 2, "a tag"),
    "bomb": (BOMB, 8, "aliases that repeat too much"),
    "bomb in our section": (f"storage:\n  {INDENTED_BOMB}", 9, "aliases that repeat too much"),
    "alias to itself": ("storage: &s\n  retry: *s", 2, "refers to itself"),
    "list": ("- storage", 1, "the file is not a mapping"),
    "text": ("hello", 1, "the file is not a mapping"),
    "section is text": (f"\nstorage: AccountKey={CANARY}", 2, "storage is not a mapping"),
    "section is a list": ("storage: [type]", 1, "storage is not a mapping"),
    "merge of text": ("storage: {<<: x}", 1, "<< in storage is not a mapping"),
    "two documents": ("storage: {}\n---\nstorage: {}", 2, "another document"),
    "repeated key": (
        "storage:\n  account_key: a\n  type: local\n  account_key: b",
        4,
        "storage repeats the key of line 2",
    ),
    "repeated section": ("storage: {}\nother: 1\nstorage: {}", 3, "the file repeats the key"),
    "key that is a list": ("storage:\n  ? [a]\n  : b", 2, "a key in storage is not text"),
    "latin-1": ("storage:\n  tenant_id: caf\xe9".encode("latin-1"), 2, "not text in UTF-8"),
    "utf-16": ("storage: {}".encode("utf-16"), 1, "not text in UTF-8"),
    "NUL": ("a: b\nstorage: {type: local\x00}", 2, "not text in UTF-8"),
    "too large": ("x: 1234\n" * (MAX_BYTES // 8 + 1), MAX_BYTES // 8 + 1, "longer than 262144"),
    "too deep": ("storage:\n " + "[" * 200_000, 2, "nested too deeply"),
    "too deep, elsewhere": ("models: " + "{a: " * 200, 1, "nested too deeply"),
    "unclosed": (f'storage:\n  account_key: "{CANARY}\n', 3, "not valid YAML"),
    "bad indent": (f"storage:\n  account_key: {CANARY}\n type: x", 3, "not valid YAML"),
    "tab": (f"storage:\n\taccount_key: {CANARY}", 2, "not valid YAML"),
    "undefined alias": (f"storage:\n  client_secret: *{CANARY}", 2, "undefined alias '...'"),
    "repeated anchor": (f"a: &{CANARY} x\nb: &{CANARY} x", 2, "not valid YAML"),
    "bad escape": (f'storage: {{account_key: "{CANARY}\\q"}}', 1, "not valid YAML"),
}


@pytest.mark.parametrize(("text", "line", "expected"), REFUSED.values(), ids=REFUSED)
def test_refused(load: Load, text: str | bytes, line: int, expected: str) -> None:
    refused(lambda: load(config=text), f"config.yml:{line}: ", expected)


def test_the_deepest_chain_of_merges_that_is_accepted_is_read(load: Load) -> None:
    links = [f"a{n + 1}: &a{n + 1} {'{<<: ' * 30}*a{n}{'}' * 30}" for n in range(20)]

    def chain(length: int) -> str:
        text = "\n".join(["a0: &a0 {workers: 3}", *links[:length]])
        return f"{text}\nstorage: *a{length}"

    assert load(config=chain(12)).storage.workers == 3
    refused(lambda: load(config=chain(13)), "aliases that repeat too much")


def test_profiles_are_read_as_strictly(load: Load) -> None:
    refused(lambda: load(profiles="text"), "profiles.yml:1: the file is not a mapping")
    refused(lambda: load(profiles="profiles: x"), "profiles.yml:1: profiles is not a mapping")
    refused(lambda: load(profiles="- x"), "profiles.yml:1: a profile is not a mapping")
    refused(lambda: load("a", profiles="profiles: {a: x}"), "the profile is not a mapping")
    refused(lambda: load(profiles=f"storage: !{CANARY} {{}}"), "profiles.yml:1: a tag")


@pytest.mark.parametrize("text", ["", "# nothing", "---\n", "~", "storage:", "storage: {}\n...\n"])
def test_files_may_be_empty(load: Load, text: str) -> None:
    load(config=text, profiles=text)


def test_a_byte_order_mark_is_accepted(load: Load) -> None:
    assert load(config="\ufeffstorage: {workers: 3}").storage.workers == 3


def test_standard_tags_are_accepted(load: Load) -> None:
    assert load(config="storage: {workers: !!int '3'}").storage.workers == 3


def test_variables_expand_after_parsing(load: Load) -> None:
    environ = {"NAME": "some-data", "EVIL": "x\nworkers: 99 # ${NAME}"}
    settings = load(
        config="""\
storage:
  container_data: ${NAME}
  container_revisions: ${UNSET:rev}-${NAME}
  tenant_id: ${EVIL}
  client_id: "${UNSET:a:b}"
  # ${UNSET}
""",
        environ=environ,
    )
    storage = settings.storage
    assert storage.container_data == "some-data"
    assert storage.container_revisions == "rev-some-data"
    assert storage.tenant_id == environ["EVIL"]
    assert storage.client_id == "a:b"
    assert storage.workers is None


def test_variables_expand_from_dotenv_too(load: Load) -> None:
    text = "storage: {tenant_id: '${A}', client_id: '${B}'}"
    storage = load(config=text, dotenv="A=file\nB=file", environ={"B": "environment"}).storage
    assert (storage.tenant_id, storage.client_id) == ("file", "environment")


@pytest.mark.parametrize("environ", [{}, {"SECRET": ""}])
def test_an_unset_variable_is_refused(load: Load, environ: dict[str, str]) -> None:
    text = "storage:\n  type: local\n  account_key: ${SECRET}\n"
    error = refused(
        lambda: load(config=text, environ=environ), "config.yml:3", "storage.account_key", "SECRET"
    )
    assert "${SECRET:default}" in error.hint


@pytest.mark.parametrize("text", ["${", "${}", "${a b}", "${A-b}", "${A", "${1}"])
def test_a_variable_without_a_name_is_refused(load: Load, text: str) -> None:
    refused(
        lambda: load(config=f"storage:\n  tenant_id: '{text}'"),
        "config.yml:2: storage.tenant_id has a '${' that names no variable",
    )
