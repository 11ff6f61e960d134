from ingenious.files.files_repository import FileStorage
from ingenious.services.memory_manager import MemoryManager, get_memory_manager


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


def other_names(config, file, thread):
    # ok: ingenious-storage.framework-storage
    file.write(thread)
    # ok: ingenious-storage.framework-storage
    print(config.file_storage)
    # ok: ingenious-storage.framework-storage
    return file.read_file
