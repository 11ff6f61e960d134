"""Revisions of prompts: a folder each."""

import json
import pickle
import shutil
from pathlib import Path

ROOT = Path("templates/prompts")


def new_revision(old, new):
    shutil.copytree(ROOT / old, ROOT / new)


def save_prompt(revision, name, text):
    (ROOT / revision / name).write_text(text, encoding="utf-8")


def load_prompt(revision, name):
    return (ROOT / revision / name).read_text(encoding="utf-8")


def set_active(revision):
    state = ROOT / "active.json"
    with open(state, "w") as file:
        json.dump({"revision": revision}, file)


def cached(revision):
    with open(f"/var/cache/{revision}.pickle", "rb") as file:
        return pickle.load(file)
