"""An agent of Google's ADK that goes on where it stopped, and a file with versions. No network.

Sessions and files lie in the folder ./data, or where the configuration says.
"""

import asyncio
from collections.abc import AsyncGenerator

from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.runners import Runner
from google.genai import types

from ingenious_storage.adapters.google_adk import StorageArtifactService, StorageSessionService


class Model(BaseLlm):
    """In place of a model."""

    async def generate_content_async(
        self, llm_request: LlmRequest, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        asked = [each.parts[0].text for each in llm_request.contents if each.role == "user"]
        said = f"You said: {asked[-1]}. This is turn {len(asked)}."
        yield LlmResponse(content=types.Content(role="model", parts=[types.Part(text=said)]))


def runner() -> Runner:
    """Made anew for each turn, as in a web application whose processes come and go."""
    return Runner(
        app_name="desk",
        agent=LlmAgent(name="agent", model=Model(model="made-up")),
        session_service=StorageSessionService(),
        artifact_service=StorageArtifactService(),
        auto_create_session=True,
    )


async def main() -> None:
    for said in ("hello", "my report"):
        message = types.Content(role="user", parts=[types.Part(text=said)])
        async for event in runner().run_async(user_id="ana", session_id="1", new_message=message):
            print(event.content.parts[0].text)

    files = StorageArtifactService()
    report = {"app_name": "desk", "user_id": "ana", "session_id": "1", "filename": "report.txt"}
    for text in ("draft", "final"):
        await files.save_artifact(**report, artifact=types.Part(text=text))
    versions = await files.list_versions(**report)
    first = await files.load_artifact(**report, version=0)
    print(f"report.txt has the versions {versions}; the first: {first.text}")


if __name__ == "__main__":
    asyncio.run(main())
