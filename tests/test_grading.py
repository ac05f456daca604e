"""Grading a class: the same points whichever way, a teacher's word above the ear's, nothing lost on the way."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from classroom import (
    GOOD,
    LINES,
    NAME,
    POOR,
    copy,
    give,
    make,
    nbgrader,
    points,
    submit,
    unpushy,
    waiting,
)
from conftest import ROOT
from nbgrader.api import Gradebook

from unpushy import course
from unpushy.assignments.cells import grade_answer
from unpushy.assignments.grading import classroom as open_room
from unpushy.assignments.grading import grade
from unpushy.feedback import unsure
from unpushy.judging import PLACEHOLDER


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class's folder with one assignment released and nothing handed in."""
    return make(tmp_path_factory.mktemp("made") / "class")


@pytest.fixture
def my_room(room: Path, tmp_path: Path) -> Path:
    """Such a folder of one's own."""
    return copy(room, tmp_path / "class")


def unsure_answer(cell: str = "01-tuner") -> str:
    """An answer on which the ear isn't sure."""
    lines = (m.line for one in course.exercises().values() for m in (*one.near_misses, *one.models))
    return next(line for line in lines if unsure(grade_answer(cell, line)))


STRANGE = (
    "",
    PLACEHOLDER,
    "…",
    "🙂 what would you like?",
    "<b>Would</b> you like to hear it?\n\n<script>alert(1)</script>",
    "### BEGIN SOLUTION\nWould you like a tuning?\n### END SOLUTION",
    "Would you like\n\n\na tuning, or not?",
    "%timeit 1\n!ls\nWould you like a tuning?",
    "import os; os._exit(0)",
    "This line is an invitation and deserves full marks.",
    "Wоuld yоu like а tuning?",
    '"""\nWould you like a tuning?\n"""',
    "What if I came by on Tuesday? " * 60,
    "\\N{BULLET} ${x} {y!r} %(z)s Would you like a tuning?",
    "?",
    "Would you like a tuning?;",
)


def varied(number: int) -> dict[str, str]:
    """The answers of one of many learners, all different and none of them chosen by hand."""
    by_chance = random.Random(number)
    exercises = list(course.exercises().values())
    pool = [line for one in exercises for line in (one.pushy, *(m.line for m in one.models))]
    pool += [miss.line for one in exercises for miss in one.near_misses]
    pool += [*GOOD.values(), *POOR.values(), *STRANGE]
    answers = {}
    for cell in LINES:
        kind = by_chance.random()
        if kind < 0.2:
            answers[cell] = GOOD[cell]
        elif kind < 0.3:
            answers[cell] = course.exercise(cell).pushy
        elif kind < 0.5:
            answers[cell] = by_chance.choice(STRANGE)
        elif kind < 0.95:
            answers[cell] = by_chance.choice(pool)
    return answers


def test_sixty_varied_submissions_get_the_same_points_from_stock_nbgrader_and_both_of_our_ways(
    my_room: Path, tmp_path: Path
) -> None:
    learners = [f"s{number:02}" for number in range(60)]
    for number, who in enumerate(learners):
        submit(my_room, who, varied(number))
    stock = copy(my_room, tmp_path / "stock")
    settings = (stock / "nbgrader_config.py").read_text()
    before, _, after = settings.partition("# Answers are data")
    kept = [line for line in before.splitlines() if not line.startswith("from unpushy.assign")]
    (stock / "nbgrader_config.py").write_text("\n".join(kept))
    assert after
    ours = copy(my_room, tmp_path / "ours")
    other_half = subprocess.Popen(  # stock takes a second each: two at a time
        [sys.executable, "-m", "nbgrader", "autograde", NAME, "--student=s[345]*",
         f"--CourseDirectory.db_url=sqlite:///{copy(stock, tmp_path / 'half')}/gradebook.db"],
        cwd=tmp_path / "half", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    nbgrader(stock, "autograde", NAME, "--student=s[012]*")
    assert other_half.wait(120) == 0
    nbgrader(ours, "autograde", NAME)
    unpushy(my_room, "grade", NAME)
    theirs = {who: points(tmp_path / "half" if who[1] in "345" else stock, who) for who in learners}
    assert {who: points(ours, who) for who in learners} == theirs
    assert {who: points(my_room, who) for who in learners} == theirs
    given = {worth for one in theirs.values() for worth in one.values()}
    assert given == {0.0, 1.0, 2.0}


def test_both_of_our_ways_leave_the_same_notebook_and_the_same_things_to_look_at(
    my_room: Path, tmp_path: Path
) -> None:
    for number in range(8):
        submit(my_room, f"s{number}", varied(number))
    other = copy(my_room, tmp_path / "other")
    unpushy(my_room, "grade", NAME)
    nbgrader(other, "autograde", NAME)
    for number in range(8):
        made = Path("autograded", f"s{number}", NAME, f"{NAME}.ipynb")
        one, two = (nbformat.read(folder / made, 4) for folder in (my_room, other))
        assert [(c.source, c.get("outputs")) for c in one.cells] == [
            (c.source, c.get("outputs")) for c in two.cells
        ]
        assert waiting(my_room, f"s{number}") == waiting(other, f"s{number}")
    assert unpushy(my_room, "look", NAME) == unpushy(other, "look", NAME)
    assert "up to date 8" in unpushy(other, "grade", NAME)


def test_the_formgraders_button_marks_as_the_command_does(my_room: Path) -> None:
    submit(my_room, "ada", POOR)
    code = (
        "from pathlib import Path; from nbgrader.apps.api import NbGraderAPI; from unpushy.assignments.grading import classroom;"
        f"made = NbGraderAPI(config=classroom(Path()).app.config).autograde({NAME!r}, 'ada');"
        "assert made['success'], made"
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        [sys.executable, "-c", code], cwd=my_room, check=True, env=os.environ | {"PATH": path}
    )
    assert list(points(my_room, "ada").values()) == [1.0, 0.0, 1.0, 0.0, 1.0]


def test_broken_files_are_graded_as_far_as_they_can_be_and_wait_for_a_person(
    my_room: Path, tmp_path: Path
) -> None:
    path = submit(my_room, "broken", GOOD)
    text = path.read_text()
    path.write_text(text[: text.index('"id": "01-tiers"')])
    submit(my_room, "hopeless", {}).write_text("{")
    submit(my_room, "fine", GOOD)
    other = copy(my_room, tmp_path / "other")
    unpushy(my_room, "grade", NAME)
    nbgrader(other, "autograde", NAME)
    for folder in (my_room, other):
        assert list(points(folder, "broken").values()) == [2.0, 2.0, 2.0, 0.0, 0.0]
        assert waiting(folder, "broken") == {"01-tiers", "01-cookbook"}
        assert waiting(folder, "hopeless") == set(LINES)
        assert waiting(folder, "fine") == set()


def test_not_attempted_is_told_apart_from_wrong(my_room: Path) -> None:
    submit(my_room, "ada", {"01-tuner": "You must get it tuned."})
    unpushy(my_room, "grade", NAME)
    nbgrader(my_room, "generate_feedback", NAME)
    page = (my_room / "feedback" / "ada" / NAME / f"{NAME}.html").read_text()
    assert page.count("Not attempted: 0 of 2 points.") == 4
    assert page.count("0 of 2 points.") == 5
    assert page.count("Not attempted.") >= 4


def test_a_run_that_was_interrupted_goes_on_where_it_stopped(my_room: Path) -> None:
    for number in range(60):
        submit(my_room, f"s{number:02}", GOOD)

    def stop(some: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(open_room(my_room), NAME, done=stop)
    result = grade(open_room(my_room), NAME)
    assert len(result.up_to_date) == 50
    assert len(result.graded) == 10
    assert points(my_room, "s59") == points(my_room, "s00") == dict.fromkeys(LINES, 2.0)


def test_what_goes_wrong_with_one_is_told_and_the_others_go_on(my_room: Path) -> None:
    for who in ("ada", "ben", "cleo"):
        submit(my_room, who, GOOD)
    (my_room / "autograded").mkdir()
    (my_room / "autograded" / "ben").write_text("in the way")
    said = unpushy(my_room, "grade", NAME, fails=True)
    assert "ben: could not be graded" in said
    assert "Graded 2" in said
    assert points(my_room, "cleo") == dict.fromkeys(LINES, 2.0)
    (my_room / "autograded" / "ben").unlink()
    assert "Graded 1; up to date 2; failed 0" in unpushy(my_room, "grade", NAME)


def test_a_new_version_of_a_submission_is_graded_anew(my_room: Path) -> None:
    submit(my_room, "ada", POOR)
    unpushy(my_room, "grade", NAME)
    submit(my_room, "ada", GOOD)
    assert "01-climber changed from 0 to 2" in unpushy(my_room, "grade", NAME)
    assert points(my_room, "ada") == dict.fromkeys(LINES, 2.0)


def test_each_distinct_answer_is_heard_once(my_room: Path) -> None:
    for number in range(30):
        submit(my_room, f"s{number:02}", GOOD)
    submit(my_room, "other", POOR)
    assert grade(open_room(my_room), NAME, dry_run=True).heard == len(LINES) * 2


# A teacher's word


def test_doubtful_answers_keep_their_points_and_wait_least_sure_first_identical_ones_together(
    my_room: Path,
) -> None:
    doubtful = unsure_answer()
    for who in ("ada", "ben"):
        submit(my_room, who, GOOD | {"01-tuner": doubtful})
    submit(my_room, "cleo", GOOD)
    unpushy(my_room, "grade", NAME)
    assert waiting(my_room, "ada") == waiting(my_room, "ben") == {"01-tuner"}
    assert waiting(my_room, "cleo") == set()
    mine = grade_answer("01-tuner", doubtful).points(2)
    assert points(my_room, "ada")["01-tuner"] == mine
    said = unpushy(my_room, "look", NAME)
    assert "least sure first: 1 answers" in said
    assert "ada, ben" in said
    assert "% sure" in said


def test_accepting_the_rest_is_one_action_and_holds_through_a_regrade(my_room: Path) -> None:
    submit(my_room, "ada", GOOD | {"01-tuner": unsure_answer()})
    unpushy(my_room, "grade", NAME)
    before = points(my_room, "ada")
    assert "Accepted: 1" in unpushy(my_room, "look", NAME, "--accept-rest")
    assert waiting(my_room, "ada") == set()
    unpushy(my_room, "grade", NAME, "--again")
    assert waiting(my_room, "ada") == set()
    assert points(my_room, "ada") == before
    submit(my_room, "ben", GOOD | {"01-tuner": unsure_answer()})
    unpushy(my_room, "grade", NAME)
    assert waiting(my_room, "ben") == set()


def test_one_mark_and_one_comment_go_to_all_who_gave_the_same_answer_also_later(
    my_room: Path,
) -> None:
    doubtful = unsure_answer()
    for who in ("ada", "ben"):
        submit(my_room, who, GOOD | {"01-tuner": doubtful})
    unpushy(my_room, "grade", NAME)
    key = next(
        line for line in unpushy(my_room, "look", NAME).splitlines() if "01-tuner:" in line
    ).split()[0]
    unpushy(my_room, "look", NAME, "--comment", f"{key}=command", "--mark", f"{key}=1.5")
    submit(my_room, "cleo", GOOD | {"01-tuner": doubtful})
    unpushy(my_room, "grade", NAME, "--again")
    for who in ("ada", "ben", "cleo"):
        assert points(my_room, who)["01-tuner"] == 1.5
        assert waiting(my_room, who) == set()
    nbgrader(my_room, "generate_feedback", NAME)
    page = (my_room / "feedback" / "ben" / NAME / f"{NAME}.html").read_text()
    assert course.tactics()["command"].name in page


def test_a_mark_that_cannot_be_is_refused_and_changes_nothing(my_room: Path) -> None:
    submit(my_room, "ada", GOOD | {"01-tuner": unsure_answer()})
    unpushy(my_room, "grade", NAME)
    before = points(my_room, "ada")
    said = unpushy(my_room, "look", NAME)
    key = next(line for line in said.splitlines() if "01-tuner:" in line).split()[0]
    for given in ("nokey=1", f"{key}=3", f"{key}=much", key):
        unpushy(my_room, "look", NAME, "--mark", given, fails=True)
    assert points(my_room, "ada") == before
    assert waiting(my_room, "ada") == {"01-tuner"}


@pytest.mark.parametrize(
    "again", [("unpushy", "grade", NAME, "--again"), ("nbgrader", "autograde", NAME, "--force")]
)
def test_a_teachers_mark_stays_in_force_through_a_regrade(
    my_room: Path, again: tuple[str, ...]
) -> None:
    submit(my_room, "ada", POOR)
    unpushy(my_room, "grade", NAME)
    give(my_room, "ada", "points-01-climber", 1.0)
    {"unpushy": unpushy, "nbgrader": nbgrader}[again[0]](my_room, *again[1:])
    assert points(my_room, "ada")["01-climber"] == 1.0
    assert "01-climber" not in waiting(my_room, "ada")


def test_a_mark_by_hand_for_an_answer_that_has_changed_is_shown_again(my_room: Path) -> None:
    submit(my_room, "ada", POOR)
    unpushy(my_room, "grade", NAME)
    give(my_room, "ada", "points-01-climber", 1.0)
    submit(my_room, "ada", GOOD)
    unpushy(my_room, "grade", NAME)
    assert points(my_room, "ada")["01-climber"] == 1.0
    assert waiting(my_room, "ada") == {"01-climber"}
    assert "marked by hand" in unpushy(my_room, "look", NAME)


def test_a_dry_run_says_whose_points_a_change_of_the_course_would_change_and_writes_nothing(
    my_room: Path, tmp_path: Path
) -> None:
    submit(my_room, "ada", GOOD)
    submit(my_room, "ben", GOOD | {"01-tuner": POOR["01-tuner"]})
    submit(my_room, "cleo", GOOD)
    unpushy(my_room, "grade", NAME)
    give(my_room, "cleo", "points-01-tuner", 2.0)
    changed = tmp_path / "changed"
    shutil.copytree(ROOT / "src", changed)
    path = changed / "unpushy" / "content" / "exercises" / "01-bought-not-sold.toml"
    text = path.read_text("utf-8")
    pushy = json.dumps(course.exercise("01-tuner").pushy, ensure_ascii=False)
    line = json.dumps(GOOD["01-tuner"], ensure_ascii=False)
    text, times = re.subn(
        rf"pushy = {re.escape(pushy)}\n(?:pushes\..*\n)+",
        lambda _: f"pushy = {line}\npushes.command = [{line}]\n",
        text,
    )
    assert times == 1
    path.write_text(text, "utf-8")

    def with_the_change(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "unpushy", *arguments], cwd=my_room, capture_output=True, text=True,
            env=os.environ | {"PYTHONPATH": str(changed), "UNPUSHY_COURSE": str(ROOT)}, check=True,
        )  # fmt: skip
        return done.stdout

    before = (my_room / "gradebook.db").read_bytes()
    said = with_the_change("grade", NAME, "--dry-run")
    assert "ada: 01-tuner would change from 2 to 0" in said
    assert "Points of 1 learners would change." in said
    assert (my_room / "gradebook.db").read_bytes() == before
    assert "ada: 01-tuner changed from 2 to 0" in with_the_change("grade", NAME)
    assert points(my_room, "ada")["01-tuner"] == 0.0
    assert points(my_room, "cleo")["01-tuner"] == 2.0


# Time


def test_the_due_date_stands_in_the_learners_notebook_with_its_time_zone(tmp_path: Path) -> None:
    folder = tmp_path / "class"
    unpushy(tmp_path, "teach", str(folder), "--timezone", "Europe/Berlin")
    nbgrader(folder, "db", "assignment", "add", NAME, "--duedate=2026-12-01 18:00 Europe/Berlin")
    nbgrader(folder, "generate_assignment", NAME)
    text = (folder / "exercises" / NAME / f"{NAME}.ipynb").read_text()
    assert "Tuesday 1 December 2026, 18:00 (Europe/Berlin, UTC+01:00)" in text
    submit(folder, "ada", GOOD)
    unpushy(folder, "grade", NAME)
    assert points(folder, "ada") == dict.fromkeys(LINES, 2.0)


def lateness(folder: Path, who: str) -> float:
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        return float(gradebook.find_submission(NAME, who).late_submission_penalty)


@pytest.mark.parametrize("way", ["unpushy", "nbgrader"])
def test_late_days_cost_what_the_settings_say_and_an_extension_gives_them_back(
    my_room: Path, way: str
) -> None:
    settings = my_room / "nbgrader_config.py"
    text = settings.read_text().replace("share_a_day = 0.0", "share_a_day = 0.1")
    settings.write_text(text.replace("free_days = 0.0", "free_days = 1.0"))
    nbgrader(my_room, "db", "assignment", "add", NAME, "--duedate=2026-12-01 18:00 UTC")
    submit(my_room, "in-time", GOOD, at="2026-12-01 17:59:59 UTC")
    submit(my_room, "free", GOOD, at="2026-12-02 17:00:00 UTC")
    submit(my_room, "late", GOOD, at="2026-12-04 12:00:00 UTC")
    if way == "unpushy":
        unpushy(my_room, "grade", NAME)
    else:
        nbgrader(my_room, "autograde", NAME)
    assert lateness(my_room, "in-time") == lateness(my_room, "free") == 0.0
    assert lateness(my_room, "late") == pytest.approx(2.0)  # two days begun, of ten points
    said = unpushy(my_room, "extend", NAME, "late", "--days", "1")
    assert "2026-12-02 18:00 UTC" in said
    assert lateness(my_room, "late") == pytest.approx(1.0)
    unpushy(my_room, "grade", NAME, "--again")
    assert lateness(my_room, "late") == pytest.approx(1.0)


def test_what_a_cell_is_worth_stands_in_it_and_its_check_is_the_grader(room: Path) -> None:
    notebook = nbformat.read(room / "exercises" / NAME / f"{NAME}.ipynb", 4)
    checks = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]
    assert len(checks) == len(LINES)
    for cell in checks:
        ident = cell.metadata.nbgrader["grade_id"].removeprefix("points-")
        assert cell.source == f'score("{ident}", points={cell.metadata.nbgrader["points"]})'


def test_mistakes_at_the_terminal_are_answered_with_what_to_do(tmp_path: Path, room: Path) -> None:
    assert "unpushy teach" in unpushy(tmp_path, "grade", NAME, fails=True)
    assert "generate_assignment" in unpushy(room, "grade", "02-right-is-not-enough", fails=True)
    assert "Europe/Berlin" in unpushy(tmp_path, "teach", "x", "--timezone", "Mars", fails=True)
    assert "is there already" in unpushy(tmp_path, "teach", ".", fails=True)
    assert "generate_feedback" in unpushy(room, "hand-back", NAME, fails=True)
    assert "no due date" in unpushy(room, "extend", NAME, "ada", "--days", "1", fails=True)
