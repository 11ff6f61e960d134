"""Steps with prompts: pin them, change them, roll the change out."""

from __future__ import annotations

from typing import Final

from ingenious_ops.demo.scene import AUTHOR, Scene

SET: Final = "quickstart-1"
EDITS: Final = {
    "refund_policy.jinja": ("30 days", "45 days"),
    "triage.jinja": ("- other:", "- human: a battery that swells or smokes\n- other:"),
}


def pin(scene: Scene) -> None:
    """Pin a revision of a prompt set by a label."""
    scene.stage.section(
        "Say what runs in production",
        "A label pins one revision of one set. Nothing but moving the label changes it.",
    )
    scene.stage.command(f'ingenious-storage prompts label set production {SET} -m "first release"')
    label = scene.storage.prompts.set_label(
        "production", SET, author=AUTHOR, message="first release"
    )
    scene.stage.table(("label", "pins"), [(label.name, f"{label.set}@{label.number}")])


def change_prompts(scene: Scene) -> None:
    """Change two prompts in one revision."""
    scene.stage.section(
        "Change two prompts in one commit",
        "Readers see both changes or neither, and production goes on with what it had.",
    )
    message = "45 days to return; batteries go to a person"
    prompts = scene.storage.prompts.get_set(SET)
    changes: dict[str, str | None] = {}
    files = []
    for name, (old, new) in EDITS.items():
        text = changes[name] = prompts[name].replace(old, new)
        files.append(scene.edit(name, text))
    scene.stage.command(f'ingenious-storage prompts put {SET} {" ".join(files)} -m "{message}"')
    scene.storage.prompts.commit(SET, changes, author=AUTHOR, message=message)
    scene.stage.command(f"ingenious-storage prompts diff @production {SET}")
    label = scene.storage.prompts.get_label("production")
    scene.stage.diff(
        scene.storage.prompts.diff(SET, label, scene.storage.prompts.history(SET, limit=1)[0])
    )


def roll_out(scene: Scene) -> None:
    """Move the label to the new revision."""
    scene.stage.section(
        "Roll it out",
        "Moving the label is the release; who moved it, when and why is its own history.",
    )
    scene.stage.command(f'ingenious-storage prompts label set production {SET} -m "new rules"')
    scene.storage.prompts.set_label("production", SET, author=AUTHOR, message="new rules")
    scene.stage.command("ingenious-storage prompts label history production")
    scene.stage.table(
        ("label", "pins", "moved", "author", "message"),
        [
            (
                label.name,
                f"{label.set}@{label.number}",
                f"{label.moved.created_at:%H:%M:%S}",
                label.moved.author,
                label.moved.message,
            )
            for label in scene.storage.prompts.label_history("production")
        ],
    )
