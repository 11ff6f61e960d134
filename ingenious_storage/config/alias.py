"""Alias: a key of a store's section under the flat name that it had before there were sections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from pydantic import BaseModel, SecretStr

from ingenious_storage.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

T = TypeVar("T")


class Alias(Generic[T]):
    """An attribute that reads the key of its own name in a section: `account_name` in `azure`."""

    def __init__(self, section: str) -> None:
        self.section = section

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Self | T:
        if instance is None:
            return self
        value: T = getattr(getattr(instance, self.section), self.name)
        return value


def in_sections(given: Mapping[str, Any], sections: Mapping[str, str]) -> dict[str, Any]:
    """`given` with the keys that `sections` names moved into those sections.

    Raises: ConfigurationError for a key that is there in both places, with two values.
    """
    tree = {name: value for name, value in given.items() if name not in sections}
    for name in given.keys() & sections.keys():
        section = sections[name]
        inner = tree.get(section, {})
        if isinstance(inner, BaseModel):
            inner = {key: getattr(inner, key) for key in inner.model_fields_set}
        if not isinstance(inner, dict):
            continue  # that is the error to tell
        if name in inner and _plain(inner[name]) != _plain(given[name]):
            raise ConfigurationError(
                f"storage.{name} and storage.{section}.{name} differ, and mean the same",
                hint="Remove one of them.",
            )
        tree[section] = {**inner, name: given[name]}
    return tree


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
