"""One stack: read its settings, compose the components, export what the runtime needs."""

from __future__ import annotations

import pulumi

from ingenious_infra.components.stack import provision
from ingenious_infra.settings import Settings

for name, value in provision(Settings.read(pulumi.Config())).items():
    pulumi.export(name, value)
