"""Marking a notebook that the doctor has seen: points for each answer, and a picture of the feedback under it."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter

from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_markdown_cell
from nbgrader.utils import is_grade, is_solution

from unpushy import course
from unpushy.assignments.cells import answer_of
from unpushy.assignments.doctor import ASK, MENDED, POINTS_FOR, Finding, Release, inert, told
from unpushy.assignments.picture import picture
from unpushy.ear import Hearing, hear_all
from unpushy.feedback import unsure
from unpushy.judging import EMPTY, Grade, judge

BATCH = 256  # answers that the ear hears at once
REMEMBERED = 20_000  # hearings kept, so that memory stays flat however many learners there are

Said = tuple[str, str]


@dataclass(frozen=True)
class Mark:
    """What an answer is worth; `cell` is the id of its exercise line."""

    cell: str
    answer: str
    grade: Grade
    points: float
    out_of: float

    @property
    def attempted(self) -> bool:
        """Whether there is an answer at all, good or not."""
        return self.grade.kind != EMPTY

    @property
    def words(self) -> str:
        """The points, as a person reads them."""
        if not self.attempted:
            return f"Not attempted: 0 of {self.out_of:g} points."
        return f"{self.points:g} of {self.out_of:g} points."


class Listening:
    """The ear with a memory: it hears each distinct answer once, many at a time; `many` is how many, in so many `seconds`.

    An answer stands with the id of the exercise line that it answers.
    """

    def __init__(self) -> None:
        self._heard: OrderedDict[Said, Hearing] = OrderedDict()
        self.seconds = 0.0
        self.many = 0

    def new(self, answers: Iterable[Said]) -> list[Said]:
        """The answers that haven't been heard, each once."""
        return [one for one in dict.fromkeys(answers) if one not in self._heard]

    def hear(self, answers: Sequence[Said]) -> None:
        """Hear those of some answers that are new."""
        new = self.new(answers)
        started = perf_counter()
        for at in range(0, len(new), BATCH):
            some = new[at : at + BATCH]
            lines = [answer for _, answer in some]
            about = [course.exercises().get(ident) for ident, _ in some]
            self._heard.update(zip(some, hear_all(lines, about=about), strict=True))
        self.many += len(new)
        self.seconds += perf_counter() - started
        while len(self._heard) > max(REMEMBERED, len(answers)):
            self._heard.popitem(last=False)

    def __getitem__(self, answer: Said) -> Hearing:
        if answer not in self._heard:
            self.hear([answer])
        return self._heard[answer]


def _answers(notebook: NotebookNode) -> dict[str, NotebookNode]:
    return {
        cell.metadata.nbgrader["grade_id"]: cell
        for cell in notebook.cells
        if cell.cell_type == "code"
        and is_solution(cell)
        and cell.metadata.nbgrader["grade_id"] in course.exercises()
    }


def answers_in(notebook: NotebookNode) -> dict[str, str]:
    """The answers of a notebook by the ids of their exercise lines."""
    return {ident: answer_of(cell.source) for ident, cell in _answers(notebook).items()}


def mark(notebook: NotebookNode, listening: Listening) -> dict[str, Mark]:
    """The marks of a notebook's points cells, by the exercise lines that they are for."""
    answers = answers_in(notebook)
    marks = {}
    for cell in points_cells(notebook):
        ident = cell.metadata.nbgrader["grade_id"].removeprefix(POINTS_FOR)
        if ident in course.exercises():
            answer = answers.get(ident, "")
            grade = judge(listening[ident, answer], course.exercise(ident))
            out_of = float(cell.metadata.nbgrader["points"])
            marks[ident] = Mark(ident, answer, grade, float(grade.points(out_of)), out_of)
    return marks


def points_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that hold the points for an answer."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)
    ]


def write(notebook: NotebookNode, marks: dict[str, Mark]) -> None:
    """Put the points and the pictures into a notebook, and on top what the doctor mended or asks."""
    answers = _answers(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
    for cell in points_cells(notebook):
        name = cell.metadata.nbgrader["grade_id"]
        marked = marks.get(name.removeprefix(POINTS_FOR)) if name.startswith(POINTS_FOR) else None
        points = marked.points if marked else 0.0
        data = {"text/plain": repr(points)}
        cell.outputs = [
            from_dict(
                {
                    "output_type": "execute_result",
                    "data": data,
                    "metadata": {},
                    "execution_count": None,
                }
            )
        ]
        if marked and (answer := answers.get(marked.cell)) is not None:
            shown = {"text/html": picture(marked.grade, marked.words), "text/plain": marked.words}
            answer.outputs = [
                from_dict({"output_type": "display_data", "data": shown, "metadata": {}})
            ]
    noticed = told(one for one in findings_in(notebook) if one.kind in (MENDED, ASK))
    if noticed:
        listed = "\n".join(f"    {line}" for line in noticed)  # indented: shown as it is
        notebook.cells.insert(0, new_markdown_cell(f"**About this file**\n\n{listed}"))


def essays_in(notebook: NotebookNode, release: Release) -> dict[str, str]:
    """What was written in the cells that a person marks, by their ids; '' where nothing was."""
    written = {
        cell.metadata.get("nbgrader", {}).get("grade_id"): cell.source for cell in notebook.cells
    }
    return {
        ident: "" if written.get(ident, cell.source) == cell.source else written[ident]
        for ident, cell in release.essays.items()
    }


def make_inert(notebook: NotebookNode, release: Release) -> None:
    """Let what a person marks be shown as plain words: pages that show it run no script of a learner's."""
    essays = essays_in(notebook, release)
    for cell in notebook.cells:
        if essays.get(cell.metadata.get("nbgrader", {}).get("grade_id")):
            cell.source = inert(cell.source)


def findings_in(notebook: NotebookNode) -> list[Finding]:
    """What the doctor found, as it was kept in a notebook's metadata."""
    return [Finding(*one) for one in notebook.metadata.get("unpushy", {}).get("findings", ())]


def asks(marked: Mark, findings: Iterable[Finding]) -> str:
    """Why a person should look at an answer, or ''."""
    why = [one.words for one in findings if one.kind == ASK and one.cell in ("", marked.cell)]
    if unsure(marked.grade):
        why.append(f"The ear is only {marked.grade.confidence:.0%} sure.")
    return " ".join(why)
