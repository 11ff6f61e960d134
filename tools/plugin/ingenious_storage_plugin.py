"""Plugin of the Ingenious framework: its applications find the storage type `ingenious_storage`.

A `.pth` file beside this imports it whenever Python starts, so it imports nothing that is not
there already; the adapter is loaded when the framework asks for the storage type.
"""

import sys


class Finder:
    """Hands the one name on to the adapter of ingenious-storage."""

    @staticmethod
    def find_spec(name, *where):  # type: ignore[no-untyped-def]  # their modules are not loaded yet
        """As `importlib.abc.MetaPathFinder.find_spec`."""
        if name != "ingenious.files.ingenious_storage":
            return None
        from ingenious_storage.adapters.ingenious import finder  # noqa: PLC0415

        return finder.Finder.find_spec(name, *where)


# Behind all others, so that a module of the framework's own wins.
sys.meta_path.append(Finder)
