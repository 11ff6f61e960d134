"""The text of profiles.yml through a cutover and back: in any shape, and byte for byte."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
import yaml

from ingenious_ops.profiles.edit import edit_of, move, read_profiles, restore
from ingenious_ops.profiles.errors import ProfileError
from ingenious_storage.config import PROFILES_TEMPLATE
from ingenious_storage.errors import NotFoundError

OLD = {"type": "local", "base_path": "./data"}
NEW = {"type": "azure_blob", "account_name": "${NAME}", "retry": {"attempts": 7}}

SHAPES = {
    "mapping": """\
        # ours
        profiles:
          app:
            models: [a]
            storage:
              type: local
              # where it is
              base_path: ./data   # here

          # the new one
          cloud:
            storage:
              type: azure_blob
              account_name: ${NAME}   # from the environment

              retry:
                attempts: 7
        other: 1  # of somebody else
        """,
    "list below": """\
        profiles:
          - name: app
            storage:
              type: local
              base_path: ./data
            models: []
          - name: cloud
            storage:
              type: azure_blob
              account_name: ${NAME}
              retry: {attempts: 7}
        """,
    "list": """\
        - name: cloud
          storage:
              type: azure_blob
              account_name: '${NAME}'
              retry:
                  attempts: 7
        - name: app
          storage: {type: local, base_path: ./data}
        # end
        """,
    "new before old, deep": """\
        profiles:
            cloud:
                telemetry:
                    exporter: none
                storage:
                    retry:
                        attempts: 7
                    type: azure_blob
                    account_name: "${NAME}"
            app:
                storage: {base_path: ./data,
                          type: local}
        """,
}


def write(text: str, folder: Path) -> Path:
    path = folder / "profiles.yml"
    path.write_text(textwrap.dedent(text), encoding="utf-8", newline="")
    return path


def storages(text: str) -> dict[str, object]:
    data = yaml.safe_load(text)
    data = data if isinstance(data, list) else data["profiles"]
    if isinstance(data, list):
        return {each["name"]: each.get("storage") for each in data}
    return {name: (profile or {}).get("storage") for name, profile in data.items()}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n", "\n\n# last\n"])
@pytest.mark.parametrize("shape", SHAPES)
def test_there_and_back(tmp_path: Path, shape: str, last: str, ends: str) -> None:
    text = (textwrap.dedent(SHAPES[shape]).rstrip() + last).replace("\n", ends)
    path = write(text, tmp_path)
    before, old = read_profiles(path)
    edit = edit_of(old, move(before, "app", "cloud", "kept"))
    assert storages(edit.new) == {"app": NEW, "cloud": NEW, "kept": OLD}
    assert "# The storage of app before it was cut over to cloud." in edit.new
    assert edit.new.replace("\r\n", "").count("\r") == 0
    if shape == "mapping":
        assert edit.new.count("# where it is") == 1
        assert edit.new.count("# from the environment") == 2

    edit.write()
    after, changed = read_profiles(path)
    assert changed == edit.new
    restored = edit_of(changed, restore(after, "app", "kept")).new
    if last:
        assert restored == text
    else:
        assert restored.rstrip() == text.rstrip()


def test_a_profile_without_a_storage_gets_none_back(tmp_path: Path) -> None:
    for profile in ("app:", "app: null  # soon", "app:\n    models: [a]", "app:\n    storage:"):
        text = f"profiles:\n  {profile}\n  cloud:\n    storage:\n      type: inmemory\n"
        path = write(text, tmp_path)
        before, old = read_profiles(path)
        if profile.endswith("soon"):
            with pytest.raises(ProfileError):
                move(before, "app", "cloud", "kept")
            continue
        edit = edit_of(old, move(before, "app", "cloud", "kept"))
        new = {"type": "inmemory"}
        assert storages(edit.new) == {"app": new, "cloud": new, "kept": None}
        edit.write()
        after, changed = read_profiles(path)
        back = edit_of(changed, restore(after, "app", "kept")).new
        assert storages(back) == {"app": None, "cloud": new}


def test_the_file_of_init(tmp_path: Path) -> None:
    path = write(PROFILES_TEMPLATE, tmp_path)
    before, old = read_profiles(path)
    edit = edit_of(old, move(before, "dev", "prod", "dev-before-migration"))
    found = storages(edit.new)
    assert found["dev"] == found["prod"]
    assert found["dev-before-migration"] == {"type": "local", "base_path": "./data"}
    edit.write()
    after, changed = read_profiles(path)
    restored = restore(after, "dev", "dev-before-migration")
    assert edit_of(changed, restored).new == PROFILES_TEMPLATE


def test_edits_of_people_in_between_stay(tmp_path: Path) -> None:
    path = write(SHAPES["mapping"], tmp_path)
    before, old = read_profiles(path)
    edit_of(old, move(before, "app", "cloud", "kept")).write()
    text = path.read_text().replace("other: 1", "other: 2")
    text = text.replace(
        "  # the new one", "  mine:\n    storage:\n      type: local\n  # the new one"
    )
    path.write_text(text)
    after, changed = read_profiles(path)
    restored = edit_of(changed, restore(after, "app", "kept")).new
    assert storages(restored) == {"app": OLD, "cloud": NEW, "mine": {"type": "local"}}
    assert "other: 2  # of somebody else" in restored


REFUSED = {
    "alias before its anchor": """\
        profiles:
          app:
            storage:
              type: local
          base: &x {type: local}
          cloud:
            storage: *x
        """,
    "an anchor that would be twice": """\
        profiles:
          app:
            storage: {type: local}
          cloud:
            storage: &x
              type: inmemory
        """,
    "inherited": """\
        x: &x
          storage: {type: inmemory}
        profiles:
          app:
            storage: {type: local}
          cloud:
            <<: *x
        """,
    "braces": """\
        profiles:
          app: {storage: {type: local}}
          cloud:
            storage: {type: inmemory}
        """,
    "first in its item": """\
        - storage: {type: local}
          name: app
        - name: cloud
          storage: {type: inmemory}
        """,
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_moved_is_refused(tmp_path: Path, case: str) -> None:
    before, _ = read_profiles(write(REFUSED[case], tmp_path))
    with pytest.raises(ProfileError, match=r"cannot be moved: .+") as caught:
        move(before, "app", "cloud", "kept")
    assert "Nothing was written" in caught.value.hint


def test_names_that_are_not_there(tmp_path: Path) -> None:
    before, _ = read_profiles(write(SHAPES["list"], tmp_path))
    with pytest.raises(NotFoundError) as caught:
        move(before, "ap", "cloud", "kept")
    assert caught.value.hint == "It has app, cloud."
    bare, _ = read_profiles(write("storage:\n  type: local\n", tmp_path))
    with pytest.raises(ProfileError, match="no profile with a name"):
        move(bare, "app", "cloud", "kept")
