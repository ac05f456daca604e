"""Content files: what is right is loaded, what is wrong is named by file, key and line."""

import re
from pathlib import Path

import pytest

from unpushy import course
from unpushy.course import CourseError, Tactic

GOOD = """code = "nagging"
name = "Nagging"
hears = "Not again."
why = "It wears people out."
instead = "Ask once."
principle = 3
patterns = [
  \'\'\'again and again\'\'\',
  { find = \'\'\'still\'\'\', unless = \'\'\'still life\'\'\' },
]

[examples]
hits = ["Again and again."]
near_misses = ["A still life."]
"""


def folder_with(tmp_path: Path, text: str, name: str = "tactics/nagging.toml") -> Path:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, "utf-8")
    return file.parent


def test_a_files_presence_registers_it(tmp_path: Path) -> None:
    signs = course.load_signs(Tactic, folder_with(tmp_path, GOOD))
    assert [p.find for p in signs["nagging"].patterns] == ["again and again", "still"]
    assert course.load_examples(tmp_path / "tactics")["nagging"].hits == ("Again and again.",)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('hears = "Not again."\n', "", "tactics/nagging.toml, line 1: 'hears' is missing"),
        ("principle = 3", 'principle = "three"', "line 6: 'principle' should be a whole number"),
        ("why =", "wy =", "line 4: 'wy' is not known here"),
        ('instead = "Ask once."', 'instead = "Ask once.', "line 5 near 'instead'"),
        ("patterns = [", "patterns = [ 3,", "line 7: 'patterns' should be a table"),
        ("unless", "except", "'except' of 'patterns' is not known here"),
        ('name = "Nagging"', 'name = " "', "line 2: 'name' is empty"),
        ('"nagging"', '"other"', "so the file is other.toml"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(CourseError) as caught:
        course.load_signs(Tactic, folder_with(tmp_path, GOOD.replace(old, new, 1)))
    assert told in str(caught.value)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = folder_with(tmp_path, GOOD) / "nagging.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseError, match=r"tactics/nagging\.toml: not UTF-8"):
        course.load_signs(Tactic, file.parent)


def test_an_id_may_stand_only_once(tmp_path: Path) -> None:
    question = '[[question]]\nid = "q"\nkind = "mark"\nprompt = "?"\ndifficulty = 1\ncodes = []\nline = "[[a]] b"\n'
    folder = folder_with(tmp_path, "lesson = 1\n" + 2 * question, "quizzes/one.toml")
    with pytest.raises(CourseError, match="line 10: id 'q' stands twice"):
        course.load_questions(folder)


def test_a_question_without_a_right_answer_is_named(tmp_path: Path) -> None:
    text = (
        'lesson = 1\n[[question]]\nid = "q"\nkind = "one"\nprompt = "?"\ndifficulty = 1\ncodes = []\n'
        + 3 * '[[question.options]]\ntext = "a"\nwhy = "b"\n'
    )
    with pytest.raises(CourseError, match="question 'q': 'one' wants"):
        course.load_questions(folder_with(tmp_path, text, "quizzes/one.toml"))


def test_an_unknown_exercise_is_answered_with_the_nearest() -> None:
    with pytest.raises(CourseError, match="did you mean 01-tuner"):
        course.exercise("01-tunr")


@pytest.mark.parametrize(
    "sign", [*course.tactics().values(), *course.moves().values()], ids=lambda sign: sign.code
)
def test_what_a_buyer_hears_is_there_in_three_wordings_that_take_turns(sign: course.Sign) -> None:
    told = [sign.heard(nth) for nth in range(4)]
    assert told[0] == told[3] == sign.hears
    assert len(set(told)) == 3
    assert all(re.fullmatch(r"[A-Z].{5,70}[.?]", words) for words in told)


def test_no_two_signs_are_heard_in_the_same_words() -> None:
    signs = [*course.tactics().values(), *course.moves().values()]
    told = [sign.heard(nth) for sign in signs for nth in range(3)]
    assert len(set(told)) == len(told)


EXERCISE = """lesson = 1

[[exercise]]
id = "01-first"
trade = "baker"
channel = "market"
situation = "Jonas asks what a loaf is."
pushy = "Take two, you'll love them."
pushes.command = ["Take two"]
pushes.presuming = ["you'll love them"]
facts = []
hints = ["a", "b", "c"]
models = []
near_misses = []

[[exercise]]
id = "01-second"
trade = "baker"
channel = "market"
situation = "Jonas asks what a roll is."
pushy = "You want six, I know it."
pushes.presuming = ["You want six", "I know it"]
facts = []
hints = ["a", "b", "c"]
models = []
near_misses = []
"""


def test_the_words_that_push_say_which_tactics_a_line_has(tmp_path: Path) -> None:
    lines = course.load_exercises(folder_with(tmp_path, EXERCISE, "exercises/01.toml"))
    assert lines["01-first"].tactics == ("command", "presuming")
    assert lines["01-second"].pushes == {"presuming": ("You want six", "I know it")}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            '"You want six"',
            '"you want six"',
            "line 17: exercise '01-second': “you want six” of 'pushes.presuming' doesn't stand",
        ),
        (
            '"You want six", ',
            '"You want six", "want six, I", ',
            "exercise '01-second': “You want six” and “want six, I” of 'pushes' overlap",
        ),
        (
            'pushes.presuming = ["you\'ll love them"]',
            "pushes.presuming = []",
            "line 4: exercise '01-first': 'pushes.presuming' is empty",
        ),
        ("pushes.command", "pushes.nagging", "no tactic has the code 'nagging'"),
        ('["You want six", "I know it"]', "3", "line 22: 'pushes.presuming' should be a list"),
        ('pushes.presuming = ["You want six", "I know it"]', "pushes = {}", "'pushes' is empty"),
        (
            'pushes.presuming = ["You want six", "I know it"]',
            'tactics = ["presuming"]',
            "line 22: 'tactics' of 'exercise' is not known here",
        ),
    ],
)
def test_words_that_cannot_be_marked_are_named(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert EXERCISE.count(old) == 1
    folder = folder_with(tmp_path, EXERCISE.replace(old, new), "exercises/01.toml")
    with pytest.raises(CourseError) as caught:
        course.load_exercises(folder)
    assert str(caught.value).startswith("exercises/01.toml, line ")
    assert told in str(caught.value)
