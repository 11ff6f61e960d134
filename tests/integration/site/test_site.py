"""The documentation site: its menu has every page, it builds without a warning, links hold."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.integration.site.links import broken_links
from tests.support.page import ROOT, Page
from tools.docs.pages import CONFIG, prepare, public_modules

ZENSICAL = ROOT / ".cache/docs/bin/zensical"


def test_the_menu_has_every_page(tmp_path: Path) -> None:
    prepare(tmp_path / "site")
    pages = tmp_path / "site/pages"
    found = {path.relative_to(pages).as_posix() for path in pages.rglob("*.md")}
    assert {"README.md", "docs/cli.md", "api/ingenious_storage.md"} <= found
    menu = CONFIG.read_text(encoding="utf-8").partition("\nnav:")[2]
    assert set(re.findall(r"- (\S+\.md)", menu)) == found


def test_the_reference_has_the_public_face() -> None:
    table = (
        Page("docs/architecture.md").text.partition("## The public face")[2].partition("\n## ")[0]
    )
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")]
    listed = [name for row in rows for name in re.findall(r"`([\w.]+)`", row)]
    assert len(listed) > 10
    assert public_modules() == listed


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "good.html").write_text('<h1 id="top"><a href="folder/bad.html#here">', "utf-8")
    (tmp_path / "folder/bad.html").write_text(
        '<p id="here"><a href="../good.html#top"></a><a href="#here"></a><a href="https://a.test">'
        '<a href="../good.html#bottom"></a><a href="../gone.html"></a><a href="../folder"></a>'
        '<a href="../../etc.html"></a><script src="https://a.test/x.js"></script>',
        "utf-8",
    )
    assert broken_links(tmp_path) == [
        "folder/bad.html: ../../etc.html",
        "folder/bad.html: ../folder",
        "folder/bad.html: ../gone.html",
        "folder/bad.html: ../good.html#bottom",
        "folder/bad.html: https://a.test/x.js",
    ]


@pytest.mark.slow
@pytest.mark.skipif(not ZENSICAL.exists(), reason="`make zensical` installs the generator")
def test_the_site_builds_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    prepare(tmp_path / "site")
    config = tmp_path / "site/mkdocs.yml"
    built = subprocess.run(
        [ZENSICAL, "build", "--strict", "--config-file", config],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    site = tmp_path / "site/site"
    assert broken_links(site) == []
    pages = {path.name: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    prose = {
        name: re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL) for name, text in pages.items()
    }
    flat = [name for name, text in prose.items() if re.search(r"\n(?:\*|-|1\.) ", text)]
    assert flat == [], "lists that became paragraphs: indent what an item holds by four columns"
    reference = (site / "api/ingenious_storage.html").read_text(encoding="utf-8")
    for name in ("Storage.verify", "MemoryManager.append_messages", "ConflictError"):
        assert f'id="ingenious_storage.{name}"' in reference
