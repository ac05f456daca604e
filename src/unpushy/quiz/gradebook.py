"""Quizzes in nbgrader's gradebook, so that one place holds all marks of a class. Run it as often as you like."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from nbgrader.api import Grade, Gradebook, GradeCell, SubmittedNotebook
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

from unpushy.beside import commands_on_path
from unpushy.progress import Progress
from unpushy.quiz.results import Result, results, those_that_count
from unpushy.quiz.rules import rules_for
from unpushy.quiz.sitting import Quiz, quizzes

_one_at_a_time = Lock()  # many may hand in at once, and nbgrader's database is one file


@dataclass(frozen=True)
class Published:
    """What one quiz looks like in the gradebook now: how many learners, how many marks were new or other."""

    quiz: str
    learners: int
    changed: int


def course_directory(course_folder: Path) -> CourseDirectory:
    """nbgrader's idea of the course, as the nbgrader_config.py of the folder says it."""
    config = Config()
    if (course_folder / "nbgrader_config.py").exists():
        config = PyFileConfigLoader("nbgrader_config.py", path=str(course_folder)).load_config()
    return CourseDirectory(config=config, root=str(course_folder))


def publish(
    progress: Progress,
    course_folder: Path,
    only: Collection[str] = (),
    learners: Collection[str] = (),
    database: str = "",
) -> list[Published]:
    """Write the marks of graded quizzes into the gradebook: of all quizzes and learners, or of some.

    Only the automatic score is written: a score that a person entered in the gradebook stays in force.
    """
    commands_on_path()
    directory = course_directory(course_folder)
    published = []
    with _one_at_a_time, Gradebook(database or directory.db_url, directory.course_id) as book:
        for quiz in quizzes():
            if only and quiz.name not in only:
                continue
            found: dict[str, list[Result]] = {}
            whose: Collection[str | None] = learners or [None]
            for who in whose:
                found |= results(progress, quiz, learner=who)
            if found:
                changed = _publish(book, quiz, found)
                published.append(Published(quiz.name, len(found), changed))
    return published


def cells(quiz: Quiz) -> list[str]:
    """What has a row in the gradebook: the questions of a fixed form, or the places of a drawn paper."""
    if quiz.form:
        return [question.id for question in quiz.bank]
    return [f"{quiz.name}-question-{place + 1}" for place in range(quiz.size)]


def _publish(book: Gradebook, quiz: Quiz, found: dict[str, list[Result]]) -> int:
    book.update_or_create_assignment(quiz.name)
    notebook = book.update_or_create_notebook(quiz.name, quiz.name)
    names = cells(quiz)
    new = [name for name in names if name not in {cell.name for cell in notebook.grade_cells}]
    for name in new:
        book.add_grade_cell(name, quiz.name, quiz.name, max_score=1.0, cell_type="markdown")
    graded = {cell.name: cell for cell in notebook.grade_cells}
    for name, cell in graded.items():
        cell.max_score = 1.0 if name in names else 0.0  # 0: it is no longer asked
    for submission in notebook.submissions if new else ():
        _write(book, submission, graded, {})
    book.db.commit()
    enrolled = {student.id for student in book.students}
    changed = 0
    for learner, mine in found.items():
        counting = those_that_count(mine, rules_for(quiz.name, learner).counts)
        if learner not in enrolled:
            book.add_student(learner)
        at = counting[-1].paper.handed_in or counting[-1].paper.at
        submission = book.update_or_create_submission(
            quiz.name, learner, timestamp=f"{at:%Y-%m-%d %H:%M:%S.%f} UTC"
        )
        (submitted,) = submission.notebooks
        changed += _write(book, submitted, graded, _points(quiz, names, counting))
    book.db.commit()
    return changed


def _write(
    book: Gradebook,
    notebook: SubmittedNotebook,
    graded: dict[str, GradeCell],
    points: dict[str, float],
) -> int:
    """See that every question has its row, and set the points; the number of marks that changed."""
    rows = {grade.cell_id: grade for grade in notebook.grades}
    changed = 0
    for name, cell in graded.items():
        row = rows.get(cell.id)
        if row is None:
            row = Grade(cell_id=cell.id, notebook_id=notebook.id)
            book.db.add(row)
        row.needs_manual_grade = False
        if name in points and row.auto_score != points[name]:
            row.auto_score = points[name]
            changed += 1
    return changed


def _points(quiz: Quiz, names: list[str], counting: list[Result]) -> dict[str, float]:
    """The points for each row, the average of the papers that count.

    A question that is no longer asked and wasn't answered, or was added after the paper, doesn't count:
    its row gets the share of the others, so that the sum is the same share as in the quiz.
    """
    totals = dict.fromkeys(names, 0.0)
    for result in counting:
        for place, name in enumerate(names):
            item = name if quiz.form else (result.items[place] if place < len(result.items) else "")
            asked = item in result.points and item in result.counting
            totals[name] += result.points[item] if asked else result.share
    return {name: round(total / len(counting), 6) for name, total in totals.items()}


def list_in_formgrader(course_folder: Path, published: list[Published]) -> list[Path]:
    """Make the formgrader list the quizzes: it shows what has a folder in the source directory."""
    directory = course_directory(course_folder)
    made = []
    for one in published:
        folder = Path(directory.format_path(directory.source_directory, ".", one.quiz))
        folder.mkdir(parents=True, exist_ok=True)
        made.append(folder)
    return made
