"""Pages of the documentation site: those of the repository, and one for each public module.

Every page keeps its path, so that a link between two pages leads to the same place in the site as
in the repository.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
CONFIG: Final = Path(__file__).with_name("mkdocs.yml")
FILES: Final = (
    "*.md",
    "docs/*.md",
    "docs/frameworks/*.md",
    "docs/images/*.png",
    "infra/README.md",
    "ops/alerts/README.md",
    "ops/dashboards/*.json",
    "ops/runbooks/*.md",
)


def public_modules() -> list[str]:
    """The modules that the reference describes, from the menu of the site."""
    return re.findall(r"- api/([\w.]+)\.md", CONFIG.read_text(encoding="utf-8"))


def prepare(folder: Path) -> None:
    """Put the configuration and all pages into `folder`, in place of what an earlier run put there.

    Raises: OSError.
    """
    shutil.rmtree(folder, ignore_errors=True)
    pages = folder / "pages"
    for path in (path for pattern in FILES for path in ROOT.glob(pattern)):
        target = pages / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    (pages / "api").mkdir()
    for name in public_modules():
        text = f"# {name}\n\n::: {name}\n"
        (pages / f"api/{name}.md").write_text(text, encoding="utf-8")
    config = CONFIG.read_text(encoding="utf-8").replace("[ROOT]", json.dumps([ROOT.as_posix()]))
    (folder / CONFIG.name).write_text(config, encoding="utf-8")


if __name__ == "__main__":
    prepare(Path(sys.argv[1]))
