"""What agents know of a thread, in a file: the example of docs/migration.md, as it is before."""

from pathlib import Path

FILES = Path(".files")


def read(thread: str) -> str:
    path = FILES / "memory" / thread / "context.md"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def add(thread: str, text: str) -> None:
    """The last 150 words. Of two that add at once, one is lost: nothing guards the file."""
    path = FILES / "memory" / thread / "context.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    words = f"{read(thread)} {text}".split()
    path.write_text(" ".join(words[-150:]), encoding="utf-8")
