"""Marking in nbgrader's own pipeline: a learner's cell is read, never run."""

from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution

from unpushy import course
from unpushy.assignments.cells import answer_of, grade_answer
from unpushy.assignments.picture import picture
from unpushy.judging import Grade

POINTS_FOR = "points-"


class MarkRewrites(NbGraderPreprocessor):
    """Stands where nbgrader would execute the notebook: marks every answer by the `grade_id` of its cell.

    A grade cell `points-<id>` gets the points for the answer in the solution cell `<id>`; under that answer
    a picture of the feedback is put. Grade cells of any other name can't be marked and score nothing.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Mark a submitted notebook."""
        answers: dict[str, NotebookNode] = {}
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = []
                cell.execution_count = None
                if is_solution(cell) and cell.metadata.nbgrader["grade_id"] in course.exercises():
                    answers[cell.metadata.nbgrader["grade_id"]] = cell
        for cell in nb.cells:
            if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
                self._mark(cell, answers)
        return nb, resources

    def _mark(self, cell: NotebookNode, answers: dict[str, NotebookNode]) -> None:
        name = cell.metadata.nbgrader["grade_id"]
        points = float(cell.metadata.nbgrader["points"])
        ident = name.removeprefix(POINTS_FOR)
        if not name.startswith(POINTS_FOR) or ident not in course.exercises():
            self.log.error("Cell %r is no cell of this course, and scores nothing.", name)
            cell.outputs = [_result(0.0)]
            return
        answer = answers.get(ident)
        grade: Grade = grade_answer(ident, answer_of(answer.source) if answer else "")
        reached = float(grade.points(points))
        cell.outputs = [_result(reached)]
        if answer is not None:
            worth = f"{reached:g} of {points:g} points."
            shown = {"text/html": picture(grade, worth), "text/plain": worth}
            answer.outputs = [new_output("display_data", data=shown)]


def _result(points: float) -> NotebookNode:
    return new_output("execute_result", data={"text/plain": repr(points)}, execution_count=None)
