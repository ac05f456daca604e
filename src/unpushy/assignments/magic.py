"""The cell magic %%rewrite: an answer as plain text, with marked feedback under the cell. Light to load."""

from typing import Any

_MAGIC = "%%rewrite"


def _never_empty(lines: list[str]) -> list[str]:
    # IPython refuses an empty cell before any magic sees it; a space lets ours answer kindly.
    if lines and lines[0].startswith(_MAGIC) and not "".join(lines[1:]).strip():
        return [lines[0].rstrip("\n") + "\n", " \n"]
    return lines


def rewrite(line: str, cell: str) -> Any:
    """%%rewrite <exercise-id>: hear the line in this cell, and show what pushes and what invites."""
    from unpushy.assignments.cells import take

    return take(line.strip(), cell)


def ready() -> None:
    """Make %%rewrite known where this runs inside a notebook's kernel."""
    from IPython.core.getipython import get_ipython

    if (shell := get_ipython()) is not None:
        load_ipython_extension(shell)


def load_ipython_extension(shell: Any) -> None:
    """Make %%rewrite known to a shell; doing so again changes nothing."""
    shell.register_magic_function(rewrite, "cell", "rewrite")
    if _never_empty not in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.append(_never_empty)
