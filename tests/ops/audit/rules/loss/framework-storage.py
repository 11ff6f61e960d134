import functools
from typing import Annotated

from dependency_injector import containers, providers
from fastapi import APIRouter, Depends
from ingenious.files import files_repository
from ingenious.files.files_repository import FileStorage
from ingenious.services.chat_services.multi_agent.service import IConversationFlow
from ingenious.services.container import Container
from ingenious.services.fastapi_dependencies import get_file_storage_data, get_file_storage_revisions
from ingenious.services.memory_manager import MemoryManager, get_memory_manager

router = APIRouter()


async def request(config, thread, text):
    # ruleid: ingenious-storage.framework-storage
    storage = FileStorage(config, Category="data")
    # ruleid: ingenious-storage.framework-storage
    await storage.write_file(text, "context.md", f"memory/{thread}")
    # ruleid: ingenious-storage.framework-storage
    manager = get_memory_manager(config)
    # ruleid: ingenious-storage.framework-storage
    await manager.maintain_memory(text, thread_id=thread)
    # ruleid: ingenious-storage.framework-storage
    MemoryManager(config)


class ConversationFlow(IConversationFlow):
    async def get_conversation_response(self, chat_request):
        # ruleid: ingenious-storage.framework-storage
        known = await self._memory_manager.read_memory(chat_request.thread_id)
        # ruleid: ingenious-storage.framework-storage
        prompt = await self.get_template("quickstart-1", "user_prompt.md")
        # ruleid: ingenious-storage.framework-storage
        await self._memory_manager.write_memory(known + prompt, chat_request.thread_id)
        # ruleid: ingenious-storage.framework-storage
        self.maintain_memory(chat_request.user_prompt, 150)
        # ruleid: ingenious-storage.framework-storage
        with open(self.get_memory_file()) as file:
            # ok: ingenious-storage.framework-storage
            return self.answer(file.read(), self.get_config())

    # ok: ingenious-storage.framework-storage
    def answer(self, text, config):
        return text


@router.post("/revisions/{revision}")
# ruleid: ingenious-storage.framework-storage
async def create(revision: str, text: str, files: FileStorage = Depends(get_file_storage_revisions)):
    # ruleid: ingenious-storage.framework-storage
    await files.write_file(text, "user_prompt.md", f"templates/prompts/{revision}")


@router.delete("/memory/{thread}")
# ruleid: ingenious-storage.framework-storage
async def forget(thread: str, files: Annotated[FileStorage, Depends(get_file_storage_data)]):
    # ruleid: ingenious-storage.framework-storage
    await files.delete_file("context.md", f"memory/{thread}")


class Services(containers.DeclarativeContainer):
    # ruleid: ingenious-storage.framework-storage
    data = providers.Factory(FileStorage, config=providers.Configuration(), Category="data")
    # ruleid: ingenious-storage.framework-storage
    revisions = providers.Singleton(files_repository.FileStorage, Category="revisions")


# ruleid: ingenious-storage.framework-storage
made_later = functools.partial(FileStorage, Category="data")


def injected(container: Container):
    # ruleid: ingenious-storage.framework-storage
    return container.file_storage_data()


def other_names(config, file, thread):
    # ok: ingenious-storage.framework-storage
    file.write(thread)
    # ok: ingenious-storage.framework-storage
    print(config.file_storage)
    # ok: ingenious-storage.framework-storage
    return file.read_file


def asks_what_it_is(value, settings=Depends(dict)):
    # ok: ingenious-storage.framework-storage
    return isinstance(value, FileStorage) and settings


class Agent:
    async def answer(self):
        # ok: ingenious-storage.framework-storage
        return await self.get_template("a", "b.md")
