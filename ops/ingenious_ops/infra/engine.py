"""One stack of the program, through Pulumi's Automation API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi.automation import LocalWorkspace, OutputValue, Stack
from pulumi.automation import errors as sdk

from ingenious_ops.infra.changes import Change, Listener, Recorder
from ingenious_ops.infra.diagnosis import diagnose, engine_messages, hint_for, said
from ingenious_ops.infra.errors import InfraError, ProgramError
from ingenious_ops.infra.inline import Inline, explain
from ingenious_ops.infra.program import Program, short
from ingenious_ops.infra.pulumi_cli import find_cli

SECRET: Final = "[secret]"  # noqa: S105  # what stands for one
_PROD: Final = "prod"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation does, or would do."""

    changes: list[Change]
    counts: Mapping[str, int]


class Engine:
    """Every operation raises InfraError: ProgramError, StackNotFoundError, StackBusyError, ..."""

    def __init__(self, program: Program, stack: str) -> None:
        self._program, self._cli, self._inline = program, find_cli(), Inline(program)
        self._workspace = _Workspace(
            work_dir=str(program.directory),
            program=self._inline,
            pulumi_command=self._cli,
            secrets_provider=program.secrets_provider(stack),
            env_vars={"PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
        self._stack = Stack.select(stack, self._workspace)
        self._is_open = False

    def preview(self, listener: Listener) -> Outcome:
        """What `up` would do. A stack that is not there yet is made, with nothing in it."""
        return self._run(listener, self._stack.preview, makes=True)

    def up(self, listener: Listener) -> Outcome:
        """Make the resources as the program says."""
        return self._run(listener, self._stack.up, makes=True, show_secrets=False)

    def refresh(self, listener: Listener) -> Outcome:
        """Take into the state what is there now, without any change of a resource."""
        return self._run(listener, self._stack.refresh, show_secrets=False)

    def drift(self, listener: Listener) -> Outcome:
        """What `refresh` would find; neither the state nor a resource is changed."""
        return self._run(listener, self._stack.preview_refresh)

    def destroy(self, listener: Listener) -> Outcome:
        """Refused as a whole when something is protected: without a plan the engine would find
        that out half-way, with locks and alerts gone already.
        """
        self._run(_Silence(), self._stack.preview_destroy)
        return self._run(listener, self._stack.destroy, show_secrets=False)

    def outputs(self) -> dict[str, Any]:
        """By name; a secret is `SECRET`."""
        self._guarded(Recorder(_Silence()), self._open)
        found = self._guarded(Recorder(_Silence()), self._stack.outputs)
        return {name: _shown(output) for name, output in sorted(found.items())}

    def is_prod(self) -> bool:
        """Whether its settings, or what was deployed with them, or else its name, says prod."""
        said = [self._program.setting(self._stack.name, "environment")]
        said.append(self.outputs().get("environment"))
        known = [each for each in said if each is not None]
        return any(
            not isinstance(each, str) or each.strip().lower() in {_PROD, SECRET}
            for each in known or [short(self._stack.name)]
        )

    def _run(
        self,
        listener: Listener,
        call: Callable[..., object],
        *,
        makes: bool = False,
        **options: Any,
    ) -> Outcome:
        recorder = Recorder(listener)
        self._guarded(recorder, self._open, makes=makes)
        with self._inline.importable():
            self._guarded(recorder, call, on_event=recorder, color="never", **options)
        recorder.wait()
        return Outcome(recorder.changes, recorder.counts)

    def _guarded(self, recorder: Recorder, call: Callable[..., Any], **options: Any) -> Any:
        problem: InfraError
        try:
            return call(**options)
        except sdk.CommandError as error:
            recorder.wait()
            self._cli.require_new()
            failure = self._inline.failure
            if failure is not None:
                raise self._stopped(failure, recorder) from failure
            problem = diagnose(error, recorder)
        except RuntimeError as error:
            if "summary event" not in str(error):  # the SDK did not wait for it; we do
                raise
            return None
        except OSError as error:
            problem = InfraError(f"cannot run {self._cli.command}: {error.strerror}")
        raise problem  # out here: the SDK's error holds all that Pulumi printed

    def _stopped(self, failure: BaseException, heard: Recorder) -> InfraError:
        """What the engine says itself comes first: the program may only have missed its answer."""
        text = explain(failure, self._program.directory)
        if messages := engine_messages(heard, beside=text):
            return said(messages)
        settings = f"Pulumi.{short(self._stack.name)}.yaml"
        usual = f"Correct {settings}, or the program; --debug shows where it stopped."
        return ProgramError(text, hint=hint_for(text) or usual)

    def _open(self, *, makes: bool = False) -> None:
        """See that Pulumi opens the stack that was named and no other, such as the selected one.

        With `makes`, a stack that Pulumi says is not there is made.
        """
        if self._is_open:
            return
        try:
            opened = self._opened()
        except sdk.StackNotFoundError:
            if not makes:
                raise
            self._workspace.create_stack(self._stack.name)
            opened = self._opened()
        if opened != short(self._stack.name):
            raise InfraError(
                f"Pulumi opened the stack {opened!r}, not {self._stack.name!r}",
                hint="Nothing was done. `pulumi stack ls` lists the stacks of this state.",
            )
        self._is_open = True

    def _opened(self) -> str:
        """The name of the stack that Pulumi's commands get for the name that they are given."""
        asked = ["stack", "--show-name", "--stack", self._stack.name]
        done = self._cli.run(asked, self._workspace.work_dir, self._workspace.env_vars)
        return done.stdout.strip()


class _Workspace(LocalWorkspace):
    def select_stack(self, stack_name: str) -> None:
        """Nothing: each command names its stack, and the user's selection stays what it was."""


class _Silence:
    def started(self, change: Change) -> None: ...
    def finished(self, change: Change) -> None: ...
    def said(self, severity: str, text: str) -> None: ...


def _shown(output: OutputValue) -> Any:
    return SECRET if output.secret else output.value
