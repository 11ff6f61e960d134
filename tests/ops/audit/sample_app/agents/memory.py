"""What the agents remember: Markdown on disk, or in a container."""

import logging
import os

from agents.files import FileRepository

logger = logging.getLogger(__name__)


class LocalMemory:
    def __init__(self, memory_path):
        self.memory_path = memory_path

    def _file(self, thread_id):
        return os.path.join(self.memory_path, thread_id, "context.md")

    def read_memory(self, thread_id, default_content=""):
        try:
            with open(self._file(thread_id), "r") as file:
                return file.read()
        except Exception as error:
            logger.error("failed to read: %s", error)
            return default_content

    def write_memory(self, content, thread_id):
        try:
            os.makedirs(os.path.dirname(self._file(thread_id)), exist_ok=True)
            with open(self._file(thread_id), "w") as file:
                file.write(content)
            return True
        except Exception as error:
            logger.error("failed to write: %s", error)
            return False

    def maintain_memory(self, more, thread_id, max_words=150):
        current = self.read_memory(thread_id)
        words = (current + " " + more).split()
        return self.write_memory(" ".join(words[-max_words:]), thread_id)


class CloudMemory:
    def __init__(self, config):
        self.files = FileRepository(config)

    async def maintain_memory(self, more, thread_id):
        text = await self.files.read_file("context.md", f"memory/{thread_id}")
        await self.files.write_file(text + more, "context.md", f"memory/{thread_id}")
