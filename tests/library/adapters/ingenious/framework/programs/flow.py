"""A conversation flow, as applications write them: print what it renders and remembers."""

from __future__ import annotations

import asyncio
import json
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

# It is imported, never called: see serve.py of the recorded answers.
odbc = sys.modules["pyodbc"] = ModuleType("pyodbc")
odbc.Connection = object  # type: ignore[attr-defined]

from ingenious.config.config import get_config  # type: ignore[import-not-found,unused-ignore] # noqa: E402
from ingenious.services.chat_services.multi_agent.service import (  # type: ignore[import-not-found,unused-ignore] # noqa: E402
    IConversationFlow,
)


class Flow(IConversationFlow):  # type: ignore[misc,unused-ignore]
    async def get_conversation_response(self, chat_request: Any) -> Any:
        assert self.maintain_memory("hello"), "synchronous, within a running loop"
        assert self.maintain_memory(str(chat_request))
        return {
            "of a revision": await self.get_template("quickstart-1", "triage.jinja"),
            "of another spelling": await self.get_template("bike_insights", "summary.md"),
            "of no revision": await self.get_template(file_name="loose.md"),
            "missing": await self.get_template("quickstart-1", "never.md"),
            "memory": await self._memory_manager.read_memory(),
        }


service = SimpleNamespace(config=get_config())
sys.stdout.write(json.dumps(asyncio.run(Flow(service).get_conversation_response("world"))))
