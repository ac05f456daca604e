"""A term: ten assignments and ten quizzes, thirty learners, some late, missing or broken, appeals, a regrade; the table by hand."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

import nbformat
from classroom import fill, give, make, nbgrader, unpushy
from conftest import ROOT
from test_graded import answer

from unpushy import course
from unpushy.assignments.cells import answer_of
from unpushy.assignments.grading import classroom as open_room
from unpushy.assignments.grading import grade
from unpushy.desks.quiz import QuizDesk
from unpushy.progress import Progress
from unpushy.quiz import Quiz, marks
from unpushy.quiz.gradebook import publish
from unpushy.quiz.results import results

NAMES = [path.name for path in sorted((ROOT / "solutions").iterdir())][:10]
LEARNERS = [f"learner-{number:02}" for number in range(30)]
DUE = datetime(2026, 10, 5, 16)
LATE, MISSING, BROKEN, EMPTY = "learner-03", "learner-07", "learner-11", "learner-13"
APPEAL, EXTENDED = "learner-17", "learner-19"


def model_answers(name: str) -> dict[str, str]:
    """The teacher's own answers to an assignment, which are worth all its points."""
    notebook = nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", 4)
    return {
        cell.metadata.nbgrader["grade_id"]: answer_of(cell.source)
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
        and not cell.metadata.nbgrader.get("grade")
    }


def lines(name: str, number: int) -> dict[str, str]:
    """Full points, but for one line in three that is the pushy line again and one that isn't there."""
    given = model_answers(name)
    first, second = list(given)[:2]
    if number % 3 == 1:
        given[first] = course.exercise(first).pushy
    if number % 3 == 2:
        given[first] = course.exercise(first).pushy
        given[second] = ""
    return given


# Two points a line, five lines: by what a learner did, what each assignment is worth.
BY_HAND = {0: 10.0, 1: 8.0, 2: 6.0}


def hand_in(room: Path, name: str, who: str, week: int) -> None:
    number = LEARNERS.index(who)
    path = room / "submitted" / who / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    at = DUE + timedelta(weeks=week, hours=-1)
    if who in (LATE, EXTENDED):
        at += timedelta(days=1)
    (path.parent / "timestamp.txt").write_text(f"{at:%Y-%m-%d %H:%M:%S} UTC")
    notebook = fill(room, {} if who == EMPTY else lines(name, number), name)
    nbformat.write(notebook, path)
    if who == BROKEN and week == 0:
        path.write_text("{ this is no notebook")
    if who == BROKEN and week == 1:  # settings and cell names lost, as by another program
        for cell in notebook.cells:
            cell.metadata = {}
            cell.id = f"x{notebook.cells.index(cell)}"
        nbformat.write(notebook, path)


def expected(who: str, week: int) -> tuple[float, float]:
    """Points and late penalty by hand."""
    worth = BY_HAND[LEARNERS.index(who) % 3]
    if who == MISSING and week % 2 == 0:
        return 0.0, 0.0
    if who == EMPTY:
        return 0.0, 0.0
    if who == BROKEN and week == 0:
        return 0.0, 0.0
    if who == APPEAL and week == 4:
        worth += 1.5  # the teacher gave 1.5 for a line that had none
    if who == LATE:
        return worth, worth / 10
    if who == EXTENDED:
        return worth, 0.0 if week == 2 else worth / 10
    return worth, 0.0


# Of the eight questions of a quiz, as many as a learner answers, and rightly; the rest stays open.
ANSWERED = {0: 8, 1: 5, 2: 2}


def take(progress: Progress, quiz: Quiz, who: str) -> None:
    """A learner's paper, handed in."""
    desk = QuizDesk(quiz, who, progress)
    assert desk.answer({"do": "begin", "mode": "graded"})["stage"] == "open"
    for number in range(ANSWERED[LEARNERS.index(who) % 3]):
        assert "error" not in answer(desk, number)
    assert desk.answer({"do": "hand in"})["stage"] == "done"


def expected_of_quiz(who: str, week: int) -> float | None:
    """Points by hand; none where nothing was handed in."""
    if who == MISSING and week % 2 == 0:
        return None
    worth = float(ANSWERED[LEARNERS.index(who) % 3])
    return worth - 0.5 if who == APPEAL and week == 4 else worth


def test_a_terms_quizzes_stand_in_the_export_as_worked_out_by_hand(
    progress: Progress, tmp_path: Path
) -> None:
    room = make(tmp_path / "class", NAMES[0])
    every = [Quiz(lesson) for lesson in range(1, 11)]
    for week, quiz in enumerate(every):
        for who in LEARNERS:
            if not (who == MISSING and week % 2 == 0):
                take(progress, quiz, who)
    publish(progress, room)
    (paper,) = results(progress, every[4])[APPEAL]
    marks.overrule(progress, APPEAL, paper.items[0], 0.5, "half of it", "the teacher")
    assert list(marks.regrade(progress)) == []
    publish(progress, room)
    nbgrader(room, "export")
    with (room / "grades.csv").open() as file:
        table = {(row["assignment"], row["student_id"]): row for row in csv.DictReader(file)}
    for week, quiz in enumerate(every):
        for who in LEARNERS:
            row = table[quiz.name, who]
            worth = expected_of_quiz(who, week)
            assert float(row["raw_score"]) == (worth or 0.0), (quiz.name, who)
            assert (row["timestamp"] == "") == (worth is None)
            assert float(row["max_score"]) == 8.0


def test_a_terms_export_equals_the_table_worked_out_by_hand(tmp_path: Path) -> None:
    room = make(tmp_path / "class", NAMES[0])
    settings = room / "nbgrader_config.py"
    settings.write_text(settings.read_text().replace("share_a_day = 0.0", "share_a_day = 0.1"))
    place = open_room(room)
    with place.gradebook() as gradebook:
        for week, name in enumerate(NAMES):
            gradebook.update_or_create_assignment(name, duedate=DUE + timedelta(weeks=week))
    for name in NAMES[1:]:
        nbgrader(room, "generate_assignment", name)
    for week, name in enumerate(NAMES):
        for who in LEARNERS:
            if not (who == MISSING and week % 2 == 0):
                hand_in(room, name, who, week)
        result = grade(place, name)
        assert result.failed == []
    # An appeal, more time for one learner, and then everything graded anew.
    appealed = next(iter(model_answers(NAMES[4])))
    give(room, APPEAL, f"points-{appealed}", 1.5, NAMES[4])
    unpushy(room, "extend", NAMES[2], EXTENDED, "--days", "2")
    for name in NAMES:
        again = grade(place, name, again=True)
        assert again.failed == []
        assert again.changes == []
    nbgrader(room, "export")
    with (room / "grades.csv").open() as file:
        table = {(row["assignment"], row["student_id"]): row for row in csv.DictReader(file)}
    assert len(table) == len(NAMES) * len(LEARNERS)
    for week, name in enumerate(NAMES):
        for who in LEARNERS:
            row = table[name, who]
            worth, penalty = expected(who, week)
            found = float(row["raw_score"]), round(float(row["late_submission_penalty"]), 6)
            assert found == (worth, round(penalty, 6)), (name, who)
            assert float(row["max_score"]) >= 10.0
