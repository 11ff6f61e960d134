"""Adapter for the Ingenious framework (ingenious 0.2.8): the storage type `ingenious_storage`.

Importing this makes the storage type known; the distribution `ingenious-storage-plugin` does that
for every process. docs/ingenious.md says what to set and what is kept where.
"""

from ingenious_storage.adapters.ingenious.finder import install

install()
