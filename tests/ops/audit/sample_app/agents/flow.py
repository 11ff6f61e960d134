"""A flow of the framework, and routes that are given its storage."""

from fastapi import APIRouter, Depends
from ingenious.services.chat_services.multi_agent.service import IConversationFlow
from ingenious.services.fastapi_dependencies import get_file_storage_data

router = APIRouter()


class ConversationFlow(IConversationFlow):
    async def get_conversation_response(self, chat_request):
        thread = chat_request.thread_id
        known = await self._memory_manager.read_memory(thread, default_content="")
        prompt = await self.get_template("quickstart-1", "user_prompt.md")
        answer = await self.ask(prompt, known, chat_request.user_prompt)
        self.maintain_memory(answer)
        await self._memory_manager.maintain_memory(answer, 150, thread)
        return answer


@router.post("/reports/{name}")
async def report(name: str, text: str, files=Depends(get_file_storage_data)):
    try:
        await files.write_file(text, name, "reports")
        return "saved"
    except Exception as error:
        return f"failed to save {name}: {error}"
