"""A small workspace of the framework: prompts on disk, and a workflow for each folder of them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PROMPTS: Final = {
    "quickstart-1": {
        "system.jinja": "You are {{ role }}.\n",
        "user_prompt.md": 'Ask: \u00e9\u6771\u4eac "quoted" \\ back\n\nTwo lines, no end',
        "README.MD": "capitals are not listed\n",
        "notes.txt": "nor is text\n",
    },
    "bike-insights": {"customer.md": "A customer.\n", "fiscal.jinja": "{{ year }}\n"},
    "my-workflow": {"a.md": "a\n"},
    "my-workflow-1": {"a.md": "a\n"},
    "plain-text": {"only.txt": "nothing to list\n"},
}
"""By revision. `quickstart-1` is what the framework copies new revisions from."""
_FLOWS: Final = "ingenious_extensions/services/chat_services/multi_agent/conversation_flows"
_FLOW: Final = """class ConversationFlow:
    async def get_conversation_response(self, *args, **kwargs):
        return "Nobody talks to it here."
"""
_ROUTES: Final = """class Api_Routes:
    def __init__(self, config, app):
        pass

    def add_custom_routes(self):
        pass
"""


def write(folder: Path) -> None:
    """Make the workspace in an empty folder."""
    for revision, files in PROMPTS.items():
        for name, text in files.items():
            _put(folder / "templates" / "prompts" / revision / name, text)
        flow = revision.replace("-", "_")
        _put(folder / _FLOWS / flow / f"{flow}.py", _FLOW)
        _put(folder / _FLOWS / flow / "__init__.py", "")
    _put(folder / "ingenious_extensions" / "api" / "routes" / "custom.py", _ROUTES)
    for package in ("", "api", "api/routes"):
        _put(folder / "ingenious_extensions" / package / "__init__.py", "")
    for parent in list(Path(_FLOWS).parents)[:-2]:
        _put(folder / parent / "__init__.py", "")
    _put(folder / _FLOWS / "__init__.py", "")


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
