"""The web application."""

from fastapi import FastAPI
from ingenious.files.files_repository import FileStorage

from agents.settings import settings

app = FastAPI()


@app.post("/revisions/{revision}")
async def create(revision: str, text: str):
    storage = FileStorage(settings, Category="revisions")
    try:
        await storage.write_file(text, "user_prompt.md", f"templates/prompts/{revision}")
    except Exception:
        pass
    return {"status": "ok"}


@app.get("/healthz")
async def healthz():
    return {"status": "ok"}
