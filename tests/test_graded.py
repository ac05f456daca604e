"""Quizzes that count: the rules of a class, the clock, hand-in, and what a page may not do."""

import json
import logging
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import ROOT
from test_quiz import best_answer

from unpushy import course
from unpushy.course import CourseError
from unpushy.desks.quiz import QuizDesk
from unpushy.progress import Progress
from unpushy.quiz import Quiz, draw
from unpushy.quiz.asking import Drawn
from unpushy.quiz.rules import read_class, rules_for
from unpushy.quiz.sitting import Score, Sitting, counted, quizzes

QUIZ = Quiz(1)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def goes_on(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A class of our own: writes its file, which is empty at first."""
    path = tmp_path / "class.toml"
    monkeypatch.setenv("UNPUSHY_CLASS", str(path))

    def write(text: str) -> None:
        path.write_text(text, "utf-8")

    write("")
    return write


def on_page(drawn: Drawn, answer: object) -> object:
    """An answer in the order of the content file, as a page would send it."""
    return drawn.on_page(answer)


def answer(desk: QuizDesk, number: int, right: bool = True, **more: object) -> dict[str, object]:
    drawn = desk._sitting.places[number]
    assert drawn is not None
    given = best_answer(drawn.question)
    if not right:
        wrong = {
            "one": [i for i, o in enumerate(drawn.question.options) if not o.right][:1],
            "mark": [0],
            "match": [0] * len(drawn.question.pairs),
            "rewrite": "You must sign today, it's your last chance!",
        }
        wrong["hears"] = wrong["several"] = wrong["one"]
        given = wrong[drawn.question.kind]
    return desk.answer(
        {"do": "answer", "question": number, "answer": on_page(drawn, given), **more}
    )


def begun(store: Progress, clock: Clock, who: str = "ada") -> QuizDesk:
    desk = QuizDesk(QUIZ, who, store, clock)
    assert desk.answer({"do": "begin", "mode": "graded"})["stage"] == "open"
    return desk


def secrets() -> list[str]:
    return [
        text
        for question in course.questions().values()
        for text in (
            question.why,
            *(o.why for o in question.options),
            *(p.why for p in question.pairs),
        )
        if text
    ]


# Drawing


@pytest.mark.parametrize("lesson", range(1, 11))
def test_papers_are_balanced_over_kinds_tactics_and_difficulty(lesson: int) -> None:
    bank = Quiz(lesson).bank
    common, times = Counter(c for q in bank for c in q.codes).most_common(1)[0]
    of_common = 0
    for seed in range(100):
        paper = [drawn.question for drawn in draw(bank, 8, str(seed))]
        levels = Counter(question.difficulty for question in paper)
        assert max(levels.values()) - min(levels[n] for n in (1, 2, 3)) <= 2
        kinds = Counter(question.kind for question in paper)
        assert set(kinds.values()) <= {1, 2}
        of_common += sum(common in question.codes for question in paper)
    assert of_common / 100 < 8 * times / len(bank)


def test_no_question_comes_again_before_the_bank_is_used_up(progress: Progress) -> None:
    times: Counter[str] = Counter()
    for _ in range(12):
        paper = QUIZ.begin(progress, "ada", graded=False).paper
        fewest = min(times[q.id] for q in QUIZ.bank)
        fresh = [q.id for q in QUIZ.bank if times[q.id] == fewest]
        drawn = [d.question.id for d in paper]
        assert len(drawn) == len(set(drawn)) == 8
        assert sum(q in fresh for q in drawn) == min(8, len(fresh))
        times.update(drawn)
        assert max(times[q.id] for q in QUIZ.bank) - min(times[q.id] for q in QUIZ.bank) <= 1


def test_options_are_shuffled_and_the_seed_says_how() -> None:
    question = next(q for q in QUIZ.bank if len(q.options) == 4)
    orders = {draw([question], 1, str(seed))[0].order for seed in range(40)}
    assert len(orders) > 10
    assert draw([question], 1, "a") == draw([question], 1, "a")


# Feedback after the whole


def test_nothing_is_told_before_the_whole_is_handed_in(store: Progress, clock: Clock) -> None:
    desk = begun(store, clock)
    replies = [answer(desk, n, right=n % 2 == 0) for n in range(7)]
    replies.append(desk.answer({"do": "open", "mode": "graded"}))
    carried = json.dumps(replies, ensure_ascii=False)
    assert "told" not in replies[0]
    assert not [secret for secret in secrets() if json.dumps(secret)[1:-1] in carried]
    assert '"points"' not in carried
    assert '"right"' not in carried

    done = desk.answer({"do": "hand in"})
    assert done["stage"] == "done"
    assert done["score"]["outOf"] == 8
    assert 4 <= done["score"]["points"] < 8
    assert done["told"][0]["points"] == 1
    assert done["told"][7] == {"unanswered": True, "points": 0.0, "outOf": 1.0}
    left_out = desk._sitting.places[7].question
    carried = json.dumps(done, ensure_ascii=False)
    for secret in (left_out.why, *(option.why for option in left_out.options)):
        assert not secret or secret not in carried


def test_a_sitting_goes_on_in_another_process_of_the_server(store: Progress, clock: Clock) -> None:
    first = begun(store, clock)
    for number in range(3):
        answer(first, number)
    state = QuizDesk(QUIZ, "ada", store, clock).answer({"do": "open", "mode": "graded"})
    assert [bool(given) for given in state["given"]] == [True] * 3 + [False] * 5
    for number in range(3, 8):
        answer(QuizDesk(QUIZ, "ada", store, clock), number)
    done = QuizDesk(QUIZ, "ada", store, clock).answer({"do": "hand in"})
    assert done["score"] == {"points": 8.0, "outOf": 8.0}


def test_a_page_that_opens_does_not_begin(store: Progress, clock: Clock, rules) -> None:
    rules('timezone = "Europe/Berlin"\n[quiz-01]\nminutes = 20\ndue = 2026-03-02T18:00:00\n')
    state = QuizDesk(QUIZ, "ada", store, clock).answer({"do": "open"})
    assert state["stage"] == "before"
    assert store.papers("ada") == []
    said = " ".join(state["rules"])
    assert "20 minutes" in said
    assert "Monday 2 March 2026, 18:00 (Europe/Berlin)" in said


# The page may not


def test_answers_that_come_too_late_or_twice_change_nothing_and_are_logged(
    store: Progress, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    desk = begun(store, clock)
    answer(desk, 0)
    before = store.attempts("ada")
    again = answer(desk, 0, right=False)
    assert "first answer stays" in again["note"]
    assert store.attempts("ada") == before

    desk.answer({"do": "hand in"})
    caplog.clear()
    late = answer(desk, 1)
    assert late == {"error": "This paper is handed in. Nothing was changed."}
    assert store.attempts("ada") == before
    assert "handed in" in caplog.text
    assert "'ada'" in caplog.text


def test_forged_requests_change_nothing_and_are_logged(
    store: Progress, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    theirs = begun(store, clock, "bob")
    desk = begun(store, clock)
    rewrite = next(
        n for n, d in enumerate(desk._sitting.places) if d and d.question.kind == "rewrite"
    )
    long = "a" * 1_000_000
    forged = [
        {"do": "answer", "sitting": "quiz-01-graded-2", "question": 0, "answer": [0]},
        {"do": "answer", "sitting": "quiz-02-1", "question": 0, "answer": [0]},
        {"do": "answer", "sitting": {"$ne": 1}, "question": 0, "answer": [0]},
        {"do": "answer", "sitting": long, "question": 0, "answer": [0]},
        {"do": "answer", "question": 8, "answer": [0]},
        {"do": "answer", "question": -1, "answer": [0]},
        {"do": "answer", "question": True, "answer": [0]},
        {"do": "answer", "question": 0, "answer": long},
        {"do": "answer", "question": 0, "answer": [0] * 1_000_000},
        {"do": "answer", "question": rewrite, "answer": long},
        {"do": "answer", "question": rewrite, "answer": "Would you?", "sure": 99},
        {"do": "answer", "question": rewrite, "answer": "Would you?", "version": "old"},
        {"do": "keep", "question": rewrite, "text": long},
        {"do": "keep", "question": rewrite, "text": {"a": 1}},
        {"do": "open", "mode": ["graded"], "sitting": "x" * 50, "score": 8} | {"do": "score"},
        {"do": long},
        {"do": None},
        {},
    ]
    for request in forged:
        caplog.clear()
        reply = desk.answer(request)
        assert set(reply) == {"error"}, request.get("do")
        assert len(reply["error"]) < 200
        assert "refused" in caplog.text
        assert len(caplog.text) < 1000
    assert store.attempts() == []
    assert store.drafts("ada") == {}
    assert theirs.answer({"do": "open", "mode": "graded"})["stage"] == "open"


def test_a_request_before_the_beginning_changes_nothing(store: Progress, clock: Clock) -> None:
    desk = QuizDesk(QUIZ, "ada", store, clock)
    for do in ("answer", "keep", "hand in", "clock"):
        assert "error" in desk.answer({"do": do, "question": 0, "answer": [0], "text": "x"})
    assert "error" in QuizDesk(Quiz(99), "ada", store, clock).answer({"do": "begin"})
    assert store.papers() == []


def test_a_hand_in_counts_even_if_it_cannot_be_passed_on(
    progress: Progress, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(quiz: Quiz, who: str) -> None:
        raise OSError("the gradebook is locked")

    desk = QuizDesk(QUIZ, "ada", progress, clock, handed_in=fails)
    desk.answer({"do": "begin"})
    assert desk.answer({"do": "hand in"})["stage"] == "done"
    assert "could not be passed on" in caplog.text


def test_a_page_is_told_when_the_database_is_away_and_the_answer_can_be_given_again(
    postgres, clock: Clock
) -> None:
    store = Progress(postgres.get_uri())
    who = f"ada-{time.time_ns()}"
    desk = begun(store, clock, who)
    drawn = desk._sitting.places[0]
    assert drawn is not None
    request = {"do": "answer", "question": 0, "answer": on_page(drawn, best_answer(drawn.question))}
    postgres.stop()
    said = desk.answer(request)
    assert set(said) == {"error"}
    assert "try once more in a minute" in said["error"]
    postgres.ensure_postgres_running()
    assert "given" in desk.answer(request)
    assert "note" in desk.answer(request)
    assert len(store.attempts(who)) == 1


def test_nobody_reaches_another_ones_paper(store: Progress, clock: Clock) -> None:
    mine = begun(store, clock)
    named = mine.answer({"do": "open", "mode": "graded"})["sitting"]
    eve = QuizDesk(QUIZ, "eve", store, clock)
    for request in ("answer", "keep", "hand in", "clock"):
        forged = {"do": request, "sitting": named, "learner": "ada", "question": 0, "text": "x"}
        assert eve.answer(forged) == {"error": "There is no such paper."}


def test_a_name_with_line_breaks_forges_no_line_in_the_log(
    store: Progress, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    QuizDesk(QUIZ, "eve", store, clock).answer({"do": "x\nWARNING root: all is well"})
    assert len(caplog.text.splitlines()) == 1


# Two tabs, double clicks


def test_two_tabs_share_one_paper_and_the_first_answer_counts(
    store: Progress, clock: Clock
) -> None:
    one, two = (QuizDesk(QUIZ, "ada", store, clock) for _ in range(2))
    assert (
        one.answer({"do": "begin", "mode": "graded"})["sitting"]
        == two.answer({"do": "begin", "mode": "graded"})["sitting"]
    )
    together(lambda: answer(one, 0, right=True), lambda: answer(two, 0, right=True))
    assert len(store.attempts("ada")) == 1
    answer(two, 1)
    assert "first answer stays" in answer(one, 1, right=False)["note"]
    assert all(attempt.points == 1 for attempt in store.attempts("ada"))


def together(*actions) -> None:
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_double_hand_in_is_one(store: Progress, clock: Clock) -> None:
    told: list[str] = []
    desk = QuizDesk(QUIZ, "ada", store, clock, handed_in=lambda quiz, who: told.append(quiz.name))
    desk.answer({"do": "begin", "mode": "graded"})
    answer(desk, 0)
    sitting = desk.answer({"do": "open", "mode": "graded"})["sitting"]
    replies: list[dict[str, object]] = []
    press = lambda: replies.append(desk.answer({"do": "hand in", "sitting": sitting}))  # noqa: E731
    together(*[press] * 4)
    assert len(replies) == 4
    assert {json.dumps(reply["score"]) for reply in replies} == {'{"points": 1.0, "outOf": 8.0}'}
    at = store.papers("ada")[0].handed_in
    clock.goes_on(minutes=5)
    press()
    assert store.papers("ada")[0].handed_in == at
    assert len(store.papers("ada")) == 1
    assert "quiz-01" in told


def test_an_answer_and_a_hand_in_at_the_same_moment_agree(store: Progress, clock: Clock) -> None:
    for round_ in range(8):
        who = f"ada{round_}"
        desk = begun(store, clock, who)
        replies: dict[str, dict[str, object]] = {}
        together(
            lambda d=desk, r=replies: r.update(answer=answer(d, 0)),
            lambda d=desk, r=replies: r.update(done=d.answer({"do": "hand in"})),
        )
        (paper,) = store.papers(who)
        kept = store.attempts(who)
        assert paper.handed_in is not None
        assert bool(kept) == ("error" not in replies["answer"])
        final = desk.answer({"do": "open", "mode": "graded"})["score"]
        assert final["points"] == len(kept)


# The clock


def test_the_clock_of_the_course_decides_and_can_be_extended(
    store: Progress, clock: Clock, rules
) -> None:
    rules("[quiz-01]\nminutes = 20\n")
    desk = begun(store, clock)
    assert desk.answer({"do": "open"})["left"] == 1200
    clock.goes_on(minutes=19)
    assert answer(desk, 0)["left"] == 60
    clock.goes_on(minutes=2)
    assert answer(desk, 1) == {
        "error": "The time is up. What you answered before is kept and counts."
    }
    state = desk.answer({"do": "open"})
    assert state["stage"] == "done"
    assert state["score"] == {"points": 1.0, "outOf": 8.0}

    rules('[quiz-01]\nminutes = 20\n[[extension]]\nlearner = "ada"\nminutes = 10\n')
    assert desk.answer({"do": "clock"}) == {"left": 540, "done": False}
    assert "error" not in answer(desk, 1)
    assert rules_for("quiz-01", "bob").minutes == 20


def test_a_quiz_opens_and_closes_on_its_day_and_later_for_who_has_more_time(
    store: Progress, clock: Clock, rules
) -> None:
    rules(
        'timezone = "Europe/Berlin"\n[all]\nopens = 2026-03-02T11:00:00\ndue = 2026-03-02T12:00:00\n'
        '[[extension]]\nlearner = "bob"\nquiz = "quiz-01"\ndue = 2026-03-03T12:00:00\n'
    )
    desk = QuizDesk(QUIZ, "ada", store, clock)
    early = desk.answer({"do": "begin"})
    assert early["error"] == "This quiz opens on Monday 2 March 2026, 11:00 (Europe/Berlin)."
    clock.goes_on(hours=1, minutes=30)
    assert desk.answer({"do": "begin"})["left"] == 1800
    clock.goes_on(minutes=30)
    assert "time is up" in answer(desk, 0)["error"]
    assert "closed on Monday 2 March" in desk.answer({"do": "begin"})["error"]
    assert QuizDesk(QUIZ, "bob", store, clock).answer({"do": "begin"})["stage"] == "open"


@pytest.mark.parametrize(
    ("how", "points"), [("best", 8.0), ("last", 0.0), ("average", 4.0)], ids=lambda v: str(v)
)
def test_attempts_are_limited_and_the_class_says_which_counts(
    progress: Progress, clock: Clock, rules, how: str, points: float
) -> None:
    rules(f'[quiz-01]\nattempts = 2\ncounts = "{how}"\n')
    desk = begun(progress, clock)
    for number in range(8):
        answer(desk, number)
    assert desk.answer({"do": "hand in"})["attemptsLeft"] == 1
    desk.answer({"do": "begin"})
    done = desk.answer({"do": "hand in"})
    assert done["attemptsLeft"] == 0
    assert done["counted"] == {"points": points, "outOf": 8.0}
    assert desk.answer({"do": "begin"}) == {"error": "All attempts are used."}
    assert len(progress.papers("ada")) == 2


def test_scores_count_as_agreed() -> None:
    scores = [Score(2, 8), Score(7, 8), Score(3, 8)]
    assert [counted(scores, how) for how in ("best", "last", "average")] == [
        Score(7, 8),
        Score(3, 8),
        Score(4, 8),
    ]
    assert counted([], "best") is None


def test_without_a_class_everything_is_open_and_practice_as_well(
    progress: Progress, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNPUSHY_CLASS", raising=False)
    desk = QuizDesk(QUIZ, "me", progress, clock)
    assert desk.answer({"do": "open"})["mode"] == "practice"
    for _ in range(3):
        assert desk.answer({"do": "begin", "mode": "graded"})["left"] is None
        desk.answer({"do": "hand in", "sitting": progress.papers("me")[-1].id})
    assert sum(paper.graded for paper in progress.papers("me")) == 3


def test_where_a_class_grades_a_quiz_practice_is_only_open_if_its_teacher_says_so(
    progress: Progress, clock: Clock, rules
) -> None:
    desk = QuizDesk(QUIZ, "ada", progress, clock)
    assert desk.answer({"do": "open", "mode": "practice"}) == {
        "error": "This quiz isn't open that way."
    }
    rules("[all]\npractice = true\n")
    assert desk.answer({"do": "open", "mode": "practice"})["stage"] == "open"


# What is sure, what has changed


def test_how_sure_somebody_was_is_kept_with_the_answer(store: Progress, clock: Clock) -> None:
    desk = begun(store, clock)
    for number, sure in enumerate((3, 1, None)):
        answer(desk, number, sure=sure)
        clock.goes_on(seconds=1)
    assert [attempt.sure for attempt in store.attempts("ada")] == [3, 1, None]


def test_a_question_that_is_gone_leaves_the_paper_and_does_not_count(
    progress: Progress, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = begun(progress, clock)
    for number in range(4):
        answer(desk, number)
    gone = [desk._sitting.places[n].question.id for n in (0, 7)]
    fewer = {name: q for name, q in course.questions().items() if name not in gone}
    monkeypatch.setattr(course, "questions", lambda: fewer)
    state = desk.answer({"do": "open", "mode": "graded"})
    assert [state["questions"][n]["kind"] for n in (0, 7)] == ["gone", "gone"]
    assert "no longer asked" in desk.answer({"do": "answer", "question": 7, "answer": [0]})["error"]
    done = desk.answer({"do": "hand in"})
    assert done["score"] == {"points": 4.0, "outOf": 7.0}
    assert done["told"][0]["changed"]
    assert done["told"][7]["outOf"] == 0


# The class file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[quiz-99]\n", "there is no quiz 'quiz-99'"),
        ("[all]\nattemps = 2\n", "class.toml, line 2: 'attemps' of 'all' is not known"),
        ('[quiz-01]\nminutes = "20"\n', "line 2: 'minutes' should be a whole number"),
        ('[quiz-01]\ncounts = "worst"\n', "one of best, last, average"),
        ('[quiz-01]\ndue = "monday"\n', "line 2: 'due' should be a day and a time"),
        ("[quiz-01]\nattempts = -1\n", "0 (no limit) or more"),
        ('timezone = "Mars/Phobos"\n', "'timezone' should be one such as"),
        ("[all]\nopens = 2026-03-02T09:00:00\ndue = 2026-03-01T09:00:00\n", "before 'due'"),
        ("[all]\ngraded = false\n", "'practice' or 'graded' should be true"),
        ("[[extension]]\nminutes = 5\n", "'learner' of 'extension' is missing"),
        ('[extension]\nlearner = "ada"\n', "[[extension]]"),
        ("[all\n", "class.toml, line 1"),
    ],
)
def test_a_class_file_that_is_wrong_is_told_where(text: str, said: str) -> None:
    with pytest.raises(CourseError) as error:
        read_class(text, "class.toml", [quiz.name for quiz in quizzes()])
    assert said in str(error.value)


def test_a_class_file_that_breaks_while_the_class_is_on_leaves_the_old_rules_in_force(
    rules, caplog: pytest.LogCaptureFixture
) -> None:
    rules("[all]\nminutes = 20\n")
    assert rules_for("quiz-01", "ada").minutes == 20
    rules("[all]\nminutes = tw")
    with caplog.at_level(logging.ERROR):
        assert rules_for("quiz-01", "ada").minutes == 20
    assert "class.toml, line 2" in caplog.text


def test_a_request_costs_little_beside_the_marking(progress: Progress, clock: Clock) -> None:
    for learner in range(20):
        desk = begun(progress, clock, f"ada{learner}")
        numbers = [
            n for n, d in enumerate(desk._sitting.places) if d and d.question.kind != "rewrite"
        ]
        for number in numbers:
            answer(desk, number)
    spent = []
    for learner in range(20, 40):
        desk = begun(progress, clock, f"ada{learner}")
        drawn = desk._sitting.places[0]
        given = on_page(drawn, best_answer(drawn.question))
        sitting = desk._sitting.id
        for request in (
            {"do": "open", "mode": "graded"},
            {"do": "answer", "sitting": sitting, "question": 0, "answer": given},
        ):
            started = time.perf_counter()
            QuizDesk(QUIZ, f"ada{learner}", progress, clock).answer(request)
            spent.append(time.perf_counter() - started)
    spent.sort()
    assert spent[len(spent) // 2] < 0.010


def test_a_sitting_is_only_what_the_store_says(progress: Progress, clock: Clock) -> None:
    desk = begun(progress, clock)
    (paper,) = progress.papers("ada")
    rules_now = rules_for("quiz-01", "ada")
    one, two = (Sitting(QUIZ, progress, paper, rules_now, clock) for _ in range(2))
    answer(desk, 0)
    assert one.state() == two.state()


def test_the_class_file_that_is_explained_to_teachers_is_a_good_one() -> None:
    explained = (ROOT / "docs/quizzes.md").read_text("utf-8")
    text = explained.split("```toml\n")[1].split("```")[0]
    found = read_class(text, "class.toml", [quiz.name for quiz in quizzes()])
    assert found.rules("quiz-03", "ada").minutes == 45
    assert found.rules("quiz-03", "ada").attempts == 3
    assert found.rules("quiz-01", "bob").due == datetime(
        2026, 3, 9, 18, tzinfo=ZoneInfo("Europe/Berlin")
    )
    assert found.rules("pre-test", "bob").minutes == 0
