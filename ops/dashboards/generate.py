"""The dashboard for Grafana 11.6 or later, written as ingenious-storage.json beside this file.

Run `python ops/dashboards/generate.py [FILE]` in an environment with the extra `dev`. Change
this file, never the JSON: a test compares them.
"""

from __future__ import annotations

import json
import sys
from itertools import count
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync

from dashboards.panels import SOURCE, variable
from dashboards.queries import COUNT, JOB
from dashboards.rows import rows

OUTPUT: Final = Path(__file__).with_name("ingenious-storage.json")
UID: Final = "ingenious-storage"


def build() -> dashboard.Dashboard:
    """The whole dashboard, with its variables and rows."""
    source = dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
    containers = f"label_values({COUNT}{{{JOB}}}, ingenious_storage_container)"
    page = dashboard.Dashboard("ingenious-storage").uid(UID).tags(["ingenious-storage"])
    page.description("Versioned memory and prompts: what the store and its writers do.")
    page.time("now-6h", "now").refresh("1m").timezone("browser")
    page.tooltip(DashboardCursorSync.CROSSHAIR)
    page.with_variable(source)
    page.with_variable(variable("service", "Service", f"label_values({COUNT}, job)"))
    page.with_variable(variable("container", "Container", containers))
    number = count(1)
    for title, panels in rows().items():
        page.with_row(dashboard.Row(title).id(next(number)))
        for panel in panels:
            page.with_panel(panel.id(next(number)).datasource(SOURCE))
    return page


def main(output: Path = OUTPUT) -> None:
    """Write the dashboard as JSON to `output`."""
    text = json.dumps(build().build(), cls=JSONEncoder, indent=2, sort_keys=True)
    output.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
