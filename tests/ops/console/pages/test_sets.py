"""The page of a prompt set: what pins it, and how a label gets to what is shown."""

from __future__ import annotations

from starlette.testclient import TestClient

from ingenious_storage import Storage
from tests.ops.console.reading import links, main, said


def test_a_revision_that_no_label_pins_says_which_one_runs(
    client: TestClient, storage: Storage
) -> None:
    prompts = storage.prompts
    prompts.create_set("support", {"a.md": "a"})
    prompts.set_label("production", "support")
    prompts.commit("support", {"a.md": "b"})
    page = main(client.get("/console/set?name=support"))
    assert "production pins revision 1 Move production here" in said(page)
    to = links(page)["Move production here"]
    assert to == "/console/label/move?name=production&set_name=support&revision=2"
    assert "Move production" in said(main(client.get(to)))
    pinned = main(client.get("/console/set?name=support&revision=1"))
    assert "Revision 1 production" in said(pinned)
    assert "Move production here" not in said(pinned)
