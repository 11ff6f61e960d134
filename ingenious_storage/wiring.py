"""Wiring: which backend and which layers, in which order, and the documents of each container."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.registry import find_store
from ingenious_storage.config import Role, Settings, StorageSettings, load_settings
from ingenious_storage.documents import DocumentStore, Retention
from ingenious_storage.documents.format.segment import split_key
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.key_providers.base import KeyProvider
from ingenious_storage.key_providers.registry import find_opener, open_provider
from ingenious_storage.keys import CONVERSATIONS
from ingenious_storage.layers.base import Layer
from ingenious_storage.layers.compress import CompressLayer
from ingenious_storage.layers.instrument import InstrumentLayer
from ingenious_storage.layers.retry import RetryLayer, RetryPolicy
from ingenious_storage.layers.transform import TransformLayer
from ingenious_storage.runtime import forks
from ingenious_storage.runtime.parallel import WORKERS
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    from ingenious_storage.layers.encrypt.administration import Administration
    from ingenious_storage.layers.encrypt.keyring import Keyring
    from ingenious_storage.layers.encrypt.verification import Verification


def build_backend(settings: StorageSettings, container: str) -> Backend:
    """The bare store of one container. Cloud SDKs are imported only here, when one is chosen.

    Raises: ConfigurationError.
    """
    return find_store(settings.type).open(settings, container)


def build_stack(
    settings: StorageSettings, backend: Backend, *, role: Role, keys: Keys | None = None
) -> Backend:
    """The layers around a store, outermost first: cache, compress, encrypt, retry, instrument.

    Args:
        keys: what encryption shares among containers; None for a provider of its own, and no
            documents.
    """
    retry = settings.retry
    policy = RetryPolicy(retry.attempts, retry.deadline, retry.base, retry.cap)
    stack = backend.around_stores(
        lambda store: RetryLayer(InstrumentLayer(store, container=role), policy)
    )
    if settings.encryption.is_on:
        stack = _encrypted(settings, stack, policy, role, keys or Keys(settings))
    if settings.compression.enabled:
        stack = CompressLayer(stack, role=role)
    if settings.cache.max_bytes:
        stack = _cached(settings, stack, role)
    return stack


def _cached(settings: StorageSettings, stack: Backend, role: Role) -> Backend:
    # Imported only when it is on: so is `cachetools`.
    from ingenious_storage.layers.cache.layer import CacheLayer  # noqa: PLC0415

    cache = settings.cache
    return CacheLayer(
        stack,
        max_bytes=cache.max_bytes,
        max_age=cache.max_age,
        stale_if_error=cache.stale_if_error,
        role=role,
    )


def _encrypted(
    settings: StorageSettings, store: Backend, policy: RetryPolicy, role: Role, keys: Keys
) -> Backend:
    # Imported only when it is on: so is `cryptography`.
    from ingenious_storage.layers.encrypt.keyring import Keyring  # noqa: PLC0415
    from ingenious_storage.layers.encrypt.layer import EncryptLayer  # noqa: PLC0415

    hides_ids = settings.encryption.hide_ids and role == "data"
    keyring = Keyring(
        store,
        keys.provider,
        role=role,
        document_of=partial(keys.document_of, role),
        policy=policy,
        hides_ids_below=CONVERSATIONS if hides_ids else None,
    )
    if hides_ids:
        from ingenious_storage.layers.encrypt.ids import HiddenIds  # noqa: PLC0415

        keys.hides_ids = HiddenIds(keyring.container)
    keys.rings[role] = keyring
    return EncryptLayer(store, keyring, accepts_plain=settings.encryption.accept_plain)


class Keys(Unpickled):
    """What the encryption of both containers shares: the provider, and which blobs are of which
    document.
    """

    def __init__(self, settings: StorageSettings) -> None:
        if settings.encryption.is_on:
            find_opener(settings.encryption.provider)
        self._settings = settings
        self._provider: KeyProvider | None = None
        self._lock = forks.new_lock()
        self.owns = dict[Role, Callable[[str], bool]]()
        """By the role: tells the keys of documents from those of other blobs."""
        self.hides_ids: Callable[[str], str] | None = None
        """Makes the segment of a conversation's id; None where keys show it."""
        self.rings: dict[Role, Keyring] = {}
        """By the role, where encryption is on."""

    def provider(self) -> KeyProvider:
        """One for all; opened when it is needed."""
        with self._lock:
            if self._provider is None:
                self._provider = open_provider(self._settings)
            return self._provider

    def document_of(self, role: Role, key: str) -> str | None:
        """The key of the document that the blob at `key` belongs to; None for another's."""
        segment = split_key(key)
        document = segment[0] if segment else key
        owns = self.owns.get(role)
        return document if owns is not None and owns(document) else None

    def close(self) -> None:
        """Close the provider; more than once is fine."""
        if self._provider is not None:
            self._provider.close()


@dataclass(frozen=True, slots=True)
class Parts:
    """The layers of one container, for who asks what each of them makes of a blob."""

    files: Backend
    """All layers that change data, and none that remembers it."""
    stored: Backend
    """The layers beneath those, which show what is stored."""
    marks: Mapping[str, tuple[bytes, Backend]]
    """What each layer that changes data writes in front of a blob, and the layers beneath it: by
    "compress" and "encrypt", outermost first."""


class Containers(Unpickled):
    """Both containers of one configuration, each a stack of layers. Making one does no I/O.

    Attributes:
        settings: the configuration it was made of.
        data, revisions: the containers by their role.
        keys: what their encryption shares.
        workers, readers: calls at once, where one call handles many items, and where it only reads.
        probes: the same without retries, for checks.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        backend: Callable[[StorageSettings, str], Backend] = build_backend,
    ) -> None:
        self.settings = settings
        chosen = settings.storage.workers
        self.workers: Final = chosen or WORKERS
        self.readers: Final = chosen or find_store(settings.storage.type).readers
        self._build, self._backends = backend, dict[str, Backend]()
        self.keys = Keys(settings.storage)
        self._documents = dict[Role, DocumentStore]()
        self.data = self._files("data")
        self.revisions = self._files("revisions")
        self.probes = {"data": self._probe("data"), "revisions": self._probe("revisions")}

    def documents(self, role: Role, *, owns: Callable[[str], bool]) -> DocumentStore:
        """The documents of a container: one object for all who ask, as they share its caches.

        `owns` tells the keys of documents from those of other blobs.
        """
        self.keys.owns[role] = owns
        if role not in self._documents:
            settings = self.settings.storage
            encryption = settings.encryption
            # What was written plain comes back as long as any blob does.
            key_days = None if encryption.accept_plain else encryption.key_retention_days
            made = DocumentStore(
                self.files(role),
                max_document_bytes=settings.max_document_bytes,
                workers=self.workers,
                readers=self.readers,
                retention=Retention.of_days(settings.retention_days, key_days),
                owns=owns,
            )
            self._documents.setdefault(role, made)  # another thread may have been faster
        return self._documents[role]

    def files(self, role: Role) -> FileStorage:
        """The container of this role."""
        return self.data if role == "data" else self.revisions

    def parts(self, role: Role) -> Parts:
        """The layers of a container; no I/O."""
        return _parts(self.files(role).backend)

    def administration(self, role: Role) -> Administration:
        """The keys of a container where encryption is on; no I/O."""
        from ingenious_storage.layers.encrypt.administration import Administration  # noqa: PLC0415

        keyring = self.keys.rings[role]
        store = self.parts(role).stored
        return Administration(store, keyring.masters, keyring.container, workers=self.readers)

    def verification(self, role: Role) -> Verification:
        """A look at all keys of a container where encryption is on; no I/O before it runs."""
        from ingenious_storage.layers.encrypt.verification import Verification  # noqa: PLC0415

        return Verification(
            self.administration(role),
            document_of=partial(self.keys.document_of, role),
            accepts_plain=self.settings.storage.encryption.accept_plain,
        )

    def copy(self, role: Role, folder: Path, *, of_now: Collection[str] = ()) -> FileStorage:
        """A held copy of a container, as files, to read and to close. Blobs that begin as one of
        `of_now`, such as records of keys, are read from the container as it is now."""
        from ingenious_storage.backends.copied import CopiedFolder  # noqa: PLC0415  # rarely

        keys = Keys(self.settings.storage)
        keys.owns.update(self.keys.owns)
        copied = CopiedFolder(folder, dict.fromkeys(of_now, self.parts(role).stored), keys.close)
        return FileStorage(build_stack(self.settings.storage, copied, role=role, keys=keys))

    def close(self) -> None:
        """Give the clients back; more than once is fine."""
        for backend in self._backends.values():
            backend.close()
        self.keys.close()

    def _files(self, role: Role) -> FileStorage:
        storage = self.settings.storage
        backend = self._backend(storage.container(role))
        return FileStorage(
            build_stack(storage, backend, role=role, keys=self.keys),
            auto_create=storage.auto_create_containers,
            open_container=self._backend,
            role=role,
            hides_ids=self.keys.hides_ids if role == "data" else None,
        )

    def _probe(self, role: Role) -> FileStorage:
        """A check must end soon: it says what one request met."""
        storage = self.settings.storage
        backend = self._backend(storage.container(role)).around_stores(
            lambda store: InstrumentLayer(store, container=role)
        )
        return FileStorage(backend, auto_create=storage.auto_create_containers)

    def _backend(self, container: str) -> Backend:
        if container not in self._backends:
            self._backends[container] = self._build(self.settings.storage, container)
        return self._backends[container]


def _parts(top: Backend) -> Parts:
    while isinstance(top, Layer) and not isinstance(top, TransformLayer | RetryLayer):
        top = top.inner
    marks, layer = dict[str, tuple[bytes, Backend]](), top
    while isinstance(layer, TransformLayer):
        name = "compress" if isinstance(layer, CompressLayer) else "encrypt"
        marks[name] = layer.magic, layer.inner
        layer = layer.inner
    return Parts(top, layer, marks)


_default: Containers | None = None
_lock: Final = forks.new_lock()


def default_containers() -> Containers:
    """Those that the configuration names: one in each process, also after a fork."""
    global _default  # noqa: PLW0603  # one for each process
    with _lock:
        if _default is None:
            _default = Containers(load_settings())
        return _default


def documents_of(
    files: FileStorage | None, *, role: Role, owns: Callable[[str], bool]
) -> DocumentStore:
    """The documents in `files`; without them, those of a container of the configuration."""
    if files is not None:
        return DocumentStore(files, owns=owns)
    return default_containers().documents(role, owns=owns)


def _forget() -> None:
    global _default  # noqa: PLW0603  # one for each process
    _default = None


forks.in_child(_forget)
