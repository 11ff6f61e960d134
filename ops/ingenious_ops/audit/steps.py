"""Steps of a migration: their order, and the one that a finding belongs to."""

from __future__ import annotations

import re
from typing import Final

STEPS: Final = {
    "setup": (
        "Names and secrets become a profile of profiles.yml: `ingenious-storage init`, then "
        "`ingenious-storage config show --explain`."
    ),
    "clients": (
        "Clients and credentials become one Storage.from_config() for each process; in coroutines "
        "AsyncMemoryManager and AsyncPromptLibrary."
    ),
    "memory": (
        "What agents remember becomes MemoryManager(); "
        "`ingenious-storage memory import` takes over what is there."
    ),
    "prompts": (
        "Prompts and templates become PromptLibrary(); "
        "`ingenious-storage prompts import` takes over what is there."
    ),
    "files": 'All other files become get_file_storage("data").',
}
"""Each step with what to do, in order."""

DATA: Final = "data"
"""The step of a rule that does not know what the file is: a guess by words decides."""

_WORDS: Final = {
    "prompts": re.compile(r"prompt|template|jinja|revision"),
    "memory": re.compile(r"memor|conversation|thread(?!ing|pool)|chat|histor|message|context\.md"),
}


def step_of(rule_step: str, code: str, scope: str, path: str) -> str:
    """The step of a finding; words near to it count before words in the path of its file."""
    if rule_step in STEPS:
        return rule_step
    for text in (code, scope, path):
        for step, words in _WORDS.items():
            if words.search(text.lower()):
                return step
    return "files"
