"""What the widgets have in common: their files, and a conversation with the page by numbered messages.

Nothing but the conversation connects page and kernel: there are no synced traits that a page could set.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any

import anywidget

from unpushy.desks import Answer, desk
from unpushy.progress import open_progress

HERE = Path(__file__).parent


@cache
def script(*names: str) -> str:
    """A widget's module, self-contained: the shared part and its own."""
    return "\n".join((HERE / f"{part}.js").read_text("utf-8") for part in ("talk", *names))


@cache
def styles(*names: str) -> str:
    """The look of the course and of the widgets named."""
    return "\n".join((HERE / f"{name}.css").read_text("utf-8") for name in ("look", *names))


def mounting(function: str) -> str:
    """The lines that let anywidget mount a widget by one of its module's functions."""
    return f"""
export default {{
  render({{ model, el: root, signal }}) {{
    const ask = overComm(model, signal);
    {function}(root, {{ ask }}).catch(() => {{}});
  }},
}};
"""


def learner() -> str:
    """Who is learning. At home there is one person, who needs no name."""
    return os.environ.get("UNPUSHY_LEARNER", "me")


class Talking(anywidget.AnyWidget):
    """A widget that answers its page's numbered questions, and nothing else."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._answer = answer
        self.on_msg(self._hear_message)

    def _hear_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if not isinstance(content, dict) or not isinstance(content.get("turn"), int):
            return
        self.send({**self.reply(content), "turn": content["turn"]})

    def reply(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to one request."""
        return {} if request.get("do") == "pulse" else self._answer(request)


def own_desk(name: str, *args: Any) -> Answer:
    """The desk of this name for the learner who sits at this kernel."""
    return desk(name, args, learner(), open_progress())
