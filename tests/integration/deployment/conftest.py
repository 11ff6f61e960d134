"""The schema of Azure's resources, which the infrastructure program's tests have."""

from __future__ import annotations

import sys

from tests.support.page import ROOT

if str(ROOT / "infra") not in sys.path:
    sys.path.append(str(ROOT / "infra"))
