"""The ear is held to the course's own content: good lines invite, near misses are what they claim to be."""

import re
from pathlib import Path

import nbformat
import pytest

from unpushy import course
from unpushy.assignments.cells import answer_of
from unpushy.course import Exercise
from unpushy.ear import INVITES, PUSHES, hear
from unpushy.judging import judge

ROOT = Path(__file__).parents[1]
EXERCISES = list(course.exercises().values())
LESSONS = sorted((ROOT / "lessons").glob("*.ipynb"))
ASSIGNMENTS = sorted((ROOT / "solutions").glob("*/*.ipynb"))


def misheard(exercise: Exercise) -> list[tuple[str, int, tuple[str, ...]]]:
    wanted = [(model.line, INVITES) for model in exercise.models if not model.ear_disagrees]
    wanted += [(near.line, near.grade) for near in exercise.near_misses if not near.ear_disagrees]
    graded = [(line, grade, judge(hear(line, about=exercise), exercise)) for line, grade in wanted]
    return [
        (line, got.grade, got.hearing.push) for line, grade, got in graded if got.grade != grade
    ]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_the_pushy_line_pushes_by_its_first_tactic(exercise: Exercise) -> None:
    hearing = hear(exercise.pushy)
    assert hearing.grade == PUSHES
    assert exercise.ear_disagrees or exercise.tactics[0] in hearing.push


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_models_invite_and_near_misses_are_what_they_claim(exercise: Exercise) -> None:
    assert misheard(exercise) == []


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_a_line_has_what_a_learner_relies_on(exercise: Exercise) -> None:
    if exercise.assignment:
        assert not exercise.models, "an assignment's model answers live in solutions/ alone"
    else:
        assert len(exercise.models) >= 3
        assert len(exercise.near_misses) >= 3
    for number in re.findall(r"\d[\d,.]*\d|\d", exercise.situation):
        assert any(number in fact for fact in exercise.facts), f"{number} is no fact that stands"


def test_the_ear_disagrees_with_few_good_lines() -> None:
    lines = [line for e in EXERCISES for line in (e, *e.models, *e.near_misses)]
    solutions = [cell for path in ASSIGNMENTS for cell in nbformat.read(path, 4).cells]
    solved = sum(bool(cell.metadata.get("ear_disagrees")) for cell in solutions)
    assert sum(line.ear_disagrees for line in lines) + solved <= 0.03 * len(lines)


@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda p: p.stem)
def test_an_assignment_shows_its_lines_as_the_course_has_them(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    answers = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    ]
    assert answers
    for cell in answers:
        exercise = course.exercise(cell.metadata.nbgrader["grade_id"])
        assert exercise.assignment
        assert exercise.situation in prose
        assert exercise.pushy in prose
        heard = judge(hear(answer_of(cell.source), about=exercise), exercise)
        assert cell.metadata.get("ear_disagrees") or heard.grade == INVITES


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_a_lesson_practises_lines_that_are_not_in_its_assignment(path: Path) -> None:
    lines = re.findall(
        r'practise\("([^"]+)"\)', nbformat.writes(nbformat.read(path, 4)).replace('\\"', '"')
    )
    assert lines
    for ident in lines:
        exercise = course.exercise(ident)
        assert not exercise.assignment
        assert exercise.lesson == int(path.name[:2])
