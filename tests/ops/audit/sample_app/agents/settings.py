"""Nothing to find here: names and secrets come from outside."""

import os
from pathlib import Path

import yaml


class Settings:
    def __init__(self, path="config.yml"):
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        self.container = values["container"]
        self.connection_string = os.environ["AZURE_STORAGE_CONNECTION_STRING"]
        self.log_file = os.path.join(values["logs"], "agents.log")


settings = Settings()
