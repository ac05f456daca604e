"""Marks that hold up: receipts, marking again, overruling; the gradebook, tables, Moodle; data that goes."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from conftest import ROOT
from nbgrader.api import Gradebook
from test_graded import Clock, answer
from test_quiz import best_answer

from unpushy import course
from unpushy.course import CourseError, Question
from unpushy.desks.quiz import QuizDesk
from unpushy.progress import Progress
from unpushy.progress.standing import sure_and_wrong
from unpushy.quiz import Quiz, gradebook, marks
from unpushy.quiz.gift import as_gift
from unpushy.quiz.marking import AnswerError, from_words, in_words, key_of, mark
from unpushy.quiz.results import as_csv, results

QUIZ = Quiz(1)


@pytest.fixture(autouse=True)
def in_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "class.toml"
    path.write_text("")
    monkeypatch.setenv("UNPUSHY_CLASS", str(path))
    return path


def sit(
    progress: Progress, who: str, right: int = 8, quiz: Quiz = QUIZ, hands_in: bool = True
) -> QuizDesk:
    """A learner who takes a quiz and has the first few questions right."""
    clock = Clock()
    clock.at = datetime.now(UTC)
    desk = QuizDesk(quiz, who, progress, clock)
    assert desk.answer({"do": "begin", "mode": "graded"})["stage"] == "open"
    for number in range(quiz.size):
        clock.goes_on(seconds=1)
        assert "error" not in answer(desk, number, right=number < right)
    if hands_in:
        clock.at = datetime.now(UTC) - timedelta(seconds=1)
        assert desk.answer({"do": "hand in"})["stage"] == "done"
    return desk


def one_choice(progress: Progress, who: str) -> str:
    """A question with one right choice that this learner has answered."""
    bank = {q.id: q for q in QUIZ.bank}
    return next(
        a.item for a in progress.attempts(who, quiz="quiz-01") if bank[a.item].kind == "one"
    )


@pytest.fixture
def new_key(monkeypatch: pytest.MonkeyPatch):
    """Change a question, as if its file had been edited."""

    def change(item: str, **other: object) -> Question:
        changed = replace(course.questions()[item], **other)  # type: ignore[arg-type]
        every = dict(course.questions()) | {item: changed}
        monkeypatch.setattr(course, "questions", lambda: every)
        return changed

    return change


def next_is_right(question: Question) -> dict[str, object]:
    """The key moved by one option, and the options in another order."""
    rights = [option.right for option in question.options]
    moved = [rights[-1], *rights[:-1]]
    options = [replace(o, right=r) for o, r in zip(question.options, moved, strict=True)]
    return {"options": tuple(reversed(options))}


# Answers in words


@pytest.mark.parametrize("question", QUIZ.bank, ids=lambda q: q.id)
def test_an_answer_can_be_found_again_by_its_words(question: Question) -> None:
    right = best_answer(question)
    assert from_words(question, json.loads(json.dumps(in_words(question, right)))) == right


def test_words_that_a_question_no_longer_has_are_no_answer_to_it() -> None:
    for question in QUIZ.bank:
        if question.kind != "rewrite":
            with pytest.raises(AnswerError, match="other words"):
                from_words(question, [["gone", "gone"]])


def test_a_key_has_a_name_that_changes_with_it_and_not_with_the_reasons() -> None:
    question = next(q for q in QUIZ.bank if q.kind == "one")
    same = replace(question, options=tuple(replace(o, why="other") for o in question.options))
    assert key_of(same) == key_of(question)
    assert key_of(replace(question, **next_is_right(question))) != key_of(question)  # type: ignore[arg-type]


# Receipts, marking again, overruling


def test_a_receipt_shows_question_answer_key_content_points_and_reason(store: Progress) -> None:
    sit(store, "ada", right=3)
    for attempt in store.attempts("ada"):
        question = course.question(attempt.item)
        text = marks.receipt(attempt)
        assert attempt.item in text
        assert f"key {key_of(question)}, content {course.version()}" in text
        assert attempt.reason in text
        assert attempt.reason
        assert attempt.words == json.loads(json.dumps(in_words(question, attempt.answer)))


def test_marking_again_without_a_change_changes_nothing(store: Progress) -> None:
    sit(store, "ada", right=4)
    assert list(marks.regrade(store)) == []


def test_marking_again_shows_the_difference_first_and_adds_marks_when_told_to(
    store: Progress, new_key
) -> None:
    sit(store, "ada")
    sit(store, "bob", right=0)
    item = one_choice(store, "ada")
    new_key(item, **next_is_right(course.question(item)))
    changes = {change.attempt.learner: change for change in marks.regrade(store)}
    assert (changes["ada"].before, changes["ada"].after) == (1.0, 0.0)
    assert store.attempts("ada", item)[0].points == 1.0

    for _ in range(2):  # two teachers at once
        store.mark_anew([change.marking for change in changes.values() if change.marking])
    (kept,) = store.attempts("ada", item)
    assert (kept.first, kept.points) == (1.0, 0.0)
    assert len(kept.later) == 1
    assert "marked again: 0 of 1" in marks.receipt(kept)
    assert results(store, QUIZ)["ada"][0].score.points == 7.0
    assert list(marks.regrade(store)) == []


def test_an_overruling_has_a_reason_is_shown_to_the_learner_and_survives_a_new_key(
    store: Progress, new_key
) -> None:
    desk = sit(store, "ada")
    item = one_choice(store, "ada")
    marks.overrule(store, "ada", item, 0.5, "You argued it well.", "Ms Byron")
    number = next(n for n, d in enumerate(desk._sitting.places) if d and d.question.id == item)
    state = desk.answer({"do": "open"})
    assert state["told"][number]["note"] == "You argued it well."
    assert state["score"]["points"] == 7.5

    new_key(item, **next_is_right(course.question(item)))
    changes = list(marks.regrade(store))
    assert [change.overruled for change in changes] == [True]
    store.mark_anew([change.marking for change in changes if change.marking])
    (kept,) = store.attempts("ada", item)
    assert kept.points == 0.5
    assert "overruled by Ms Byron: 0.5 of 1: You argued it well." in marks.receipt(kept)


def test_an_answer_whose_words_are_gone_is_named_and_keeps_its_mark(
    store: Progress, new_key
) -> None:
    sit(store, "ada")
    item = one_choice(store, "ada")
    old = course.question(item)
    new_key(item, options=tuple(replace(o, text=f"{o.text}, now") for o in old.options))
    (change,) = marks.regrade(store)
    assert change.marking is None
    assert "other words" in change.problem


@pytest.mark.parametrize(
    ("item", "points", "reason", "said"),
    [
        ("01-q-nothing", 1.0, "why", "no answer to '01-q-nothing'"),
        ("", 1.5, "why", "from 0 to 1, not 1.5"),
        ("", float("nan"), "why", "from 0 to 1"),
        ("", 1.0, "  ", "needs a reason"),
    ],
)
def test_an_overruling_that_is_none_is_refused(
    progress: Progress, item: str, points: float, reason: str, said: str
) -> None:
    sit(progress, "ada")
    with pytest.raises(CourseError, match=said):
        marks.overrule(progress, "ada", item or one_choice(progress, "ada"), points, reason, "me")
    assert not progress.everything("ada")["marks"]


def test_sure_and_wrong_is_listed_until_it_is_right(progress: Progress) -> None:
    desk = QuizDesk(QUIZ, "ada", progress)
    desk.answer({"do": "begin"})
    answer(desk, 0, right=False, sure=3)
    answer(desk, 1, right=False, sure=2)
    answer(desk, 2, right=True, sure=3)
    first = desk._sitting.places[0]
    assert first is not None
    assert sure_and_wrong(progress.attempts("ada")) == [first.question.id]
    question = first.question
    again = replace(
        progress.attempts("ada", question.id)[0],
        id="again", sitting="", points=1.0, sure=None, at=datetime.now(UTC),
    )  # fmt: skip
    progress.record(again)
    assert sure_and_wrong(progress.attempts("ada")) == []


# The gradebook


@pytest.fixture
def class_course(tmp_path: Path) -> Path:
    """A course's folder with the project's own nbgrader settings."""
    folder = tmp_path / "course"
    (folder / "solutions").mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text())
    return folder


@pytest.fixture
def book(class_course: Path) -> Iterator[Gradebook]:
    with Gradebook(f"sqlite:///{class_course / 'gradebook.db'}", "bought-not-sold") as book:
        yield book


def test_publishing_puts_every_mark_into_the_gradebook_and_again_changes_nothing(
    store: Progress, class_course: Path, book: Gradebook
) -> None:
    sit(store, "ada")
    sit(store, "bob", right=5)
    sit(store, "eve", hands_in=False)
    first = gradebook.publish(store, class_course)
    assert [(one.quiz, one.learners, one.changed) for one in first] == [("quiz-01", 2, 16)]
    scores = {s.student.id: s.score for s in book.find_assignment("quiz-01").submissions}
    assert scores["ada"] == 8.0
    assert scores["bob"] == pytest.approx(results(store, QUIZ)["bob"][0].score.points, abs=1e-5)
    assert book.find_assignment("quiz-01").max_score == 8.0
    assert not any(s.needs_manual_grade for s in book.find_assignment("quiz-01").submissions)
    again = gradebook.publish(store, class_course)
    assert [(one.learners, one.changed) for one in again] == [(2, 0)]


def test_a_score_that_a_person_entered_stays_in_force(
    progress: Progress, class_course: Path, book: Gradebook
) -> None:
    sit(progress, "ada", right=0)
    gradebook.publish(progress, class_course)
    cell = "quiz-01-question-1"
    book.find_grade(cell, "quiz-01", "quiz-01", "ada").manual_score = 0.75
    book.db.commit()
    marks.overrule(progress, "ada", results(progress, QUIZ)["ada"][0].items[0], 1, "why", "me")
    gradebook.publish(progress, class_course)
    book.db.expire_all()
    grade = book.find_grade(cell, "quiz-01", "quiz-01", "ada")
    assert (grade.auto_score, grade.manual_score, grade.score) == (1.0, 0.75, 0.75)


def test_questions_that_are_added_later_get_their_rows(
    progress: Progress, class_course: Path, book: Gradebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = dict(course.questions())
    late = [q.id for q in Quiz(form="pre").bank][-2:]
    monkeypatch.setattr(
        course, "questions", lambda: {k: q for k, q in every.items() if k not in late}
    )
    sit(progress, "ada", quiz=Quiz(form="pre"))
    gradebook.publish(progress, class_course)
    assert book.find_assignment("pre-test").max_score == 13.0
    monkeypatch.setattr(course, "questions", lambda: every)
    sit(progress, "bob", quiz=Quiz(form="pre"), right=15)
    gradebook.publish(progress, class_course)
    book.db.expire_all()
    assert book.find_assignment("pre-test").max_score == 15.0
    for who in ("ada", "bob"):
        (notebook,) = book.find_submission("pre-test", who).notebooks
        assert len(notebook.grades) == 15


def nbgrader(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder, capture_output=True, text=True,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nbgrader_exports_the_quizzes_and_its_formgrader_lists_them(
    progress: Progress, class_course: Path
) -> None:
    from nbgrader.apps.api import NbGraderAPI

    sit(progress, "ada")
    published = gradebook.publish(progress, class_course)
    nbgrader(class_course, "export", "--to", "grades.csv")
    (row,) = csv.DictReader((class_course / "grades.csv").open())
    assert (row["assignment"], row["student_id"]) == ("quiz-01", "ada")
    assert (float(row["score"]), float(row["max_score"])) == (8.0, 8.0)

    api = NbGraderAPI(gradebook.course_directory(class_course))
    assert api.get_assignments() == []
    gradebook.list_in_formgrader(class_course, published)
    (listed,) = api.get_assignments()
    assert (listed["name"], listed["average_score"]) == ("quiz-01", 8.0)
    assert [one["name"] for one in api.get_notebooks("quiz-01")] == ["quiz-01"]


@pytest.mark.parametrize(("how", "score"), [("best", 8.0), ("last", 0.0), ("average", 4.0)])
def test_the_gradebook_has_what_counts_by_the_rules_of_the_class(
    progress: Progress, class_course: Path, book: Gradebook, in_class: Path, how: str, score: float
) -> None:
    in_class.write_text(f'[all]\ncounts = "{how}"\n')
    sit(progress, "ada")
    last = QuizDesk(QUIZ, "ada", progress)
    last.answer({"do": "begin"})
    last.answer({"do": "hand in"})
    gradebook.publish(progress, class_course, learners=["ada"])
    assert book.find_submission("quiz-01", "ada").score == pytest.approx(score)


# Tables and Moodle


def test_a_table_has_a_row_for_each_learner_and_a_column_for_each_question(
    store: Progress,
) -> None:
    sit(store, "ada")
    sit(store, "=cmd()", right=2)
    rows = list(csv.DictReader(StringIO(as_csv(QUIZ, results(store, QUIZ)))))
    assert [row["learner"] for row in rows] == ["'=cmd()", "ada"]
    for row in rows:
        points = [float(row[q.id]) for q in QUIZ.bank if row[q.id]]
        assert len(points) == 8
        assert sum(points) == pytest.approx(float(row["score"]), abs=1e-4)
    assert set(rows[0]) >= {q.id for q in QUIZ.bank}


def test_moodle_gets_choices_and_matches_and_is_told_what_is_left_out() -> None:
    text = as_gift(QUIZ.bank, "Quiz 1")
    for question in QUIZ.bank:
        mapped = question.kind in ("one", "hears", "several", "match")
        assert (f"::{question.id}::" in text) == mapped
        assert mapped or question.id in text.splitlines()[-1]


def test_moodle_marks_several_choices_as_we_do() -> None:
    for question in course.questions().values():
        if question.kind != "several":
            continue
        weights = [
            float(line.split("%")[1])
            for line in as_gift([question], "x").splitlines()
            if line.startswith("\t~%")
        ]
        for places in range(1, 2 ** len(weights)):
            chosen = [n for n in range(len(weights)) if places >> n & 1]
            moodle = max(0.0, sum(weights[n] for n in chosen)) / 100
            assert mark(question, chosen).points == pytest.approx(moodle, abs=1e-5)


# The command line, and data that goes


def unpushy(progress_url: str, *arguments: str, given: str = "", **more: str):
    return subprocess.run(
        [sys.executable, "-m", "unpushy", *arguments],
        capture_output=True, text=True, input=given,
        env=os.environ | {"UNPUSHY_DATABASE_URL": progress_url} | more,
    )  # fmt: skip


def test_a_teacher_has_a_command_for_each(tmp_path: Path, class_course: Path) -> None:
    database = f"sqlite:///{tmp_path / 'progress.sqlite'}"
    store = Progress(database)
    sit(store, "ada")
    item = one_choice(store, "ada")

    def says(*arguments: str) -> str:
        done = unpushy(database, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "quiz-01: The reasons come after" in says("quiz", "rules")
    assert item in says("quiz", "receipt", "ada", "--quiz", "quiz-01")
    assert "No mark would change." in says("quiz", "regrade")
    given = says("quiz", "overrule", "ada", item, "0.5", "--reason", "fair", "--by", "Ms Byron")
    assert "counts   0.5 of 1" in given
    assert "quiz-01: 1 learners, 8 marks" in says("quiz", "publish", "--course", str(class_course))
    assert says("quiz", "csv", "quiz-01").splitlines()[1].startswith("ada,7.5,8,")
    assert "$CATEGORY" in says("quiz", "gift", "pre-test")
    wrong = unpushy(database, "quiz", "csv", "quiz-77")
    assert wrong.returncode == 2
    assert "There is no quiz 'quiz-77'; there are pre-test, quiz-01" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_a_learner_can_have_their_data_and_have_it_deleted(database: str) -> None:
    store = Progress(database)
    sit(store, "ada")
    sit(store, "bob")
    had = json.loads(unpushy(database, "data", "export", "ada").stdout)
    assert len(had["attempts"]) == 8
    assert len(had["papers"]) == len(had["hand_ins"]) == 1
    assert "bob" not in json.dumps(had)

    kept = unpushy(database, "data", "delete", "ada", given="n\n")
    assert kept.returncode == 1
    assert "8 attempts" in kept.stdout
    assert len(store.attempts("ada")) == 8
    gone = unpushy(database, "data", "delete", "ada", given="y\n")
    assert gone.returncode == 0, gone.stderr
    assert not any(store.everything("ada").values())
    assert len(store.attempts("bob")) == 8
    assert "Nothing is kept of 'ada'" in unpushy(database, "data", "delete", "ada").stdout


def test_a_database_that_is_away_is_said_without_a_traceback(postgres) -> None:
    url = postgres.get_uri()
    postgres.stop()
    done = unpushy(url, "data", "export", "ada")
    postgres.ensure_postgres_running()
    assert done.returncode == 2
    assert "Your progress can't be kept at" in done.stderr
    assert "Traceback" not in done.stderr
