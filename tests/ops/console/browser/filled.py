"""A storage as a team has it: sets, labels, a bad release. The same at each run."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ingenious_storage import Storage
from tests.ops.console.browser.harness import Clock

_SYSTEM: Final = """\
# Support agent

You help customers of the harbour office with berths, fees and papers.

- Answer in the language of the question.
- Be short. Say what to do next.
- When a fee is asked for, quote the table of fees, and its year.
- Never promise a berth: the office confirms it.
"""
_ANSWER: Final = """\
{% if berth %}
Berth {{ berth.number }} is free from {{ berth.free_from }}.
{% else %}
No berth is free at that time.
{% endif %}
Ask for the name of the ship and her length.
"""


def fill(storage: Storage, clock: Clock) -> None:
    """Two prompt sets, of which one was released badly, and three labels."""
    prompts = storage.prompts
    clock.step = timedelta(hours=5)
    prompts.create_set(
        "harbour-agent",
        {"system.md": _SYSTEM, "answers/berth.jinja": _ANSWER},
        author="ada@example.com",
        message="First version of the agent",
    )
    prompts.commit(
        "harbour-agent",
        {"answers/fees.md": "Fees of 2026:\n\n- up to 8 m: 14 EUR\n- up to 12 m: 21 EUR\n"},
        author="grace@example.com",
        message="Fees of 2026",
        tags=["reviewed"],
    )
    prompts.set_label(
        "production", "harbour-agent", author="ada@example.com", message="Opening of the season"
    )
    prompts.commit(
        "harbour-agent",
        {"system.md": _SYSTEM.replace("Be short.", "Be short and friendly.")},
        author="ada@example.com",
        message="Friendlier answers",
    )
    prompts.set_label("canary", "harbour-agent", author="ada@example.com", message="Try it out")
    prompts.set_label(
        "production", "harbour-agent", author="ada@example.com", message="Canary was fine"
    )
    prompts.commit(
        "harbour-agent",
        {
            "system.md": _SYSTEM.replace("Be short.", "Be thorough.").replace(
                "- Never promise a berth: the office confirms it.\n", ""
            )
        },
        author="linus@example.com",
        message="Longer answers",
    )
    prompts.set_label(
        "production", "harbour-agent", author="linus@example.com", message="Longer answers, live"
    )
    prompts.create_set(
        "weather-agent",
        {"system.md": "You read the weather at sea.\n"},
        author="grace@example.com",
        message="First version",
    )
    prompts.set_label("weather", "weather-agent", author="grace@example.com", message="First")
    clock.now += timedelta(minutes=12)
