"""Nothing to find here: what is written is temporary, or goes to standard output."""

import json
import sys
import tempfile
from pathlib import Path


def show(report):
    json.dump(report, sys.stdout, indent=2)


def rendered(report, render):
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "report.html")
        page.write_text(json.dumps(report), encoding="utf-8")
        return render(page)
