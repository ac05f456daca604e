"""A lesson in print: what its notebook shows where nothing runs, on a code host, on paper, or before the first run.

It is made from the content and stored as the output of each cell that sits somebody down at a desk.
"""

import re
from collections import Counter
from collections.abc import Callable

import nbformat
from nbformat import NotebookNode

from unpushy import course
from unpushy.course import CourseError
from unpushy.desks.bench import FIELDS
from unpushy.quiz.asking import Drawn
from unpushy.server.places import Lesson

KEPT = "keep_output"  # the tag of a cell whose output nbstripout leaves in place
GAP = "…"  # as in the lessons: here is a gap, left to the reader

Say = Callable[[str], str]

_YOUR_WAY = (
    "This line pushes. How would you say it? In the running course there's a box for it here.",
    "And how would you say this one?",
    "What would you say instead?",
    "How might it sound in your words?",
    "And here, how would you put it?",
)
_AND_WHY = "In the running course you answer here, and read why."
_SIDE_BY_SIDE = "In the running course two boxes stand here, side by side: {}."


def as_typed(text: str) -> str:
    """The lines of a text, without the space around them."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


def escaped(text: str) -> str:
    r"""Markdown that shows a text as it was typed, its line breaks included.

    >>> print(escaped("# 1 * 2 < 3"))
    \# 1 \* 2 \< 3
    """
    text = re.sub(r"[\\`*_\[\]<>#|~&$]", r"\\\g<0>", as_typed(text))
    text = re.sub(
        r"(?m)^(\d*)([-+=:.)])", r"\1\\\2", text
    )  # what makes a list or a rule, at a start
    text = re.sub(
        r"\\[$\\]", r"<span>\g<0></span>", text
    )  # or two of them would enclose mathematics
    return re.sub(r"(?<=[^\n])\n(?=[^\n])", "  \n", text)


def _quote(text: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))


def _list(texts: list[str]) -> str:
    return "\n".join("- " + text.replace("\n", "\n  ") for text in texts)


def _practise(say: Say, nth: int, ident: str) -> list[str]:
    exercise = course.exercise(ident)
    asked = _YOUR_WAY[nth % len(_YOUR_WAY)]
    return [say(exercise.situation), _quote(say(exercise.pushy)), f"*{asked}*"]


def _ask(say: Say, nth: int, ident: str) -> list[str]:
    question = course.question(ident)
    places = range(len(question.options or question.pairs))
    shown = Drawn(question, tuple(places)).shown()  # what a page may see before the answer
    blocks = [say(shown["prompt"])]
    if "situation" in shown:
        blocks += [say(shown["situation"]), _quote(say(shown["pushy"]))]
    if "words" in shown:
        blocks.append(_quote(say(" ".join(shown["words"]))))
    if "lines" in shown:
        blocks += [_list([say(line) for line in shown["lines"]]), GAP]
    if texts := shown.get("options") or shown.get("matches"):
        blocks.append(_list([say(text) for text in texts]))
    return blocks if nth else [*blocks, f"*{_AND_WHY}*"]


def _own_words(say: Say, _nth: int, _item: str, label: str) -> list[str]:
    return [say(label), GAP]


def _before_and_after(_say: Say, _nth: int, _item: str) -> list[str]:
    labels = " and ".join(f"“{label}”" for label, _ in FIELDS.values())
    return [f"*{_SIDE_BY_SIDE.format(labels)}*"]


_PRINTS: dict[str, Callable[..., list[str]]] = {
    "practise": _practise,
    "ask": _ask,
    "own_words": _own_words,
    "before_and_after": _before_and_after,
}


def shown(desk: str, nth: int, *args: object) -> NotebookNode:
    """What stands in a notebook for a desk, the nth of its kind there (from 0): Markdown, and the same unescaped."""
    markdown, plain = ("\n\n".join(_PRINTS[desk](say, nth, *args)) for say in (escaped, as_typed))
    data = {"text/markdown": markdown, "text/plain": plain}
    return nbformat.v4.new_output("display_data", data)


def in_print(lesson: Lesson) -> str:
    """The text of a lesson's file with what each of its desks shows in print, made anew."""
    notebook = nbformat.read(lesson.notebook, 4)
    met: Counter[str] = Counter()
    for cell, read in zip(notebook.cells, lesson.cells, strict=True):
        if read.desk not in _PRINTS:
            continue
        place = f"lessons/{lesson.notebook.name}, '{cell.id}'"
        try:
            cell.outputs = [shown(read.desk, met[read.desk], *read.args)]
        except CourseError as error:
            raise CourseError(f"{place}: {error}") from None
        except TypeError:
            given = ", ".join(map(repr, read.args))
            raise CourseError(
                f"{place}: {read.desk}({given}) has too much or too little in it"
            ) from None
        cell.execution_count = None
        cell.metadata["tags"] = sorted({*cell.metadata.get("tags", ()), KEPT})
        met[read.desk] += 1
    return nbformat.writes(notebook) + "\n"


def print_anew(lessons: list[Lesson]) -> list[str]:
    """Write lessons whose print is out of date; returns their names. If one can't be made, none is written."""
    made = {lesson.notebook: in_print(lesson).encode() for lesson in lessons}
    old = [path for path, text in made.items() if path.read_bytes() != text]
    for path in old:
        path.write_bytes(made[path])
    return [path.stem for path in old]
