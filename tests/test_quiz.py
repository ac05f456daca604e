"""The quiz: drawing, marking, and a score that is kept."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from unpushy import course
from unpushy.course import Option, Pair, Question
from unpushy.desks.inquiry import Inquiry
from unpushy.desks.quiz import QuizDesk
from unpushy.progress import Attempt, Progress
from unpushy.quiz import Quiz, draw, mark
from unpushy.quiz.asking import Drawn
from unpushy.quiz.marking import AnswerError, found, words_of

QUIZ = Quiz(1)
GOOD = "I could do it for 180 a month, if you'd like that. What would you like to know?"


def best_answer(question: Question) -> object:
    if question.kind == "mark":
        return sorted(words_of(question.line)[1])
    if question.kind == "match":
        return [question.matches.index(pair.match) for pair in question.pairs]
    if question.kind == "rewrite":
        return course.exercise(question.exercise).models[0].line
    return [i for i, option in enumerate(question.options) if option.right]


def pairs(*matches: str) -> Question:
    told = tuple(Pair(f"line {m}", m, f"why {m}") for m in matches)
    return Question("q", 1, "match", "?", 1, (), pairs=told)


def of(*right: bool) -> Question:
    options = tuple(Option(str(i), "because", one) for i, one in enumerate(right))
    return Question("q", 1, "several", "?", 1, (), options)


def test_the_same_seed_draws_the_same_paper_and_another_seed_another() -> None:
    assert draw(QUIZ.bank, 5, "a") == draw(QUIZ.bank, 5, "a")
    assert len({tuple(d.question.id for d in draw(QUIZ.bank, 5, str(n))) for n in range(20)}) > 5


def test_a_paper_has_every_kind_and_no_question_twice() -> None:
    for seed in range(50):
        paper = draw(QUIZ.bank, QUIZ.size, str(seed))
        assert len({d.question.id for d in paper}) == QUIZ.size
        assert {d.question.kind for d in paper} == set(course.KINDS)


def test_a_second_paper_shows_what_the_first_did_not() -> None:
    first = [d.question.id for d in draw(QUIZ.bank, 5, "a")]
    second = [d.question.id for d in draw(QUIZ.bank, 5, "b", seen=first)]
    kinds = Counter(q.kind for q in QUIZ.bank)
    assert all(kinds[course.questions()[q].kind] < 2 for q in set(first) & set(second))


@pytest.mark.parametrize("question", QUIZ.bank, ids=lambda q: q.id)
def test_the_best_answer_gets_everything(question: Question) -> None:
    assert mark(question, best_answer(question)).points == 1


@pytest.mark.parametrize(
    ("chosen", "points"),
    [([0, 1], 1.0), ([0], 0.5), ([0, 2], 0.0), ([0, 1, 2], 0.5), ([0, 1, 2, 3], 0.0), ([2], 0.0)],
)
def test_several_choices_earn_in_part_and_ticking_all_earns_nothing(
    chosen: list[int], points: float
) -> None:
    assert mark(of(True, True, False, False), chosen).points == points


def test_marking_every_word_does_not_pass() -> None:
    for question in QUIZ.bank:
        if question.kind == "mark":
            words, pushing = words_of(question.line)
            assert mark(question, list(range(len(words)))).points < 0.75
            assert mark(question, [i for i in range(len(words)) if i not in pushing]).points == 0


@pytest.mark.parametrize(
    ("chosen", "graded", "kind"),
    [
        ([2], 1 / 4, 1 / 2),  # one word of one of two pushes
        ([2, 5], 1 / 2, 1.0),  # one word of each
        ([1, 2, 3], 3 / 4, 1.0),  # a mark that is good enough in a quiz
        ([0], 0.0, 0.0),
        ([0, 2, 5], 2 / 5, 2 / 3),
        (list(range(7)), 4 / 7, 4 / 7),
    ],
)
def test_where_nothing_is_graded_one_word_stands_for_the_words_around_it(
    chosen: list[int], graded: float, kind: float
) -> None:
    line = "Hello, [[you must sign]] here [[today]] or tomorrow."
    question = Question("q", 1, "mark", "?", 1, (), line=line)
    words, _ = words_of(line)
    assert len(words) == 8
    assert mark(question, chosen).points == pytest.approx(1.0 if graded == 3 / 4 else graded)
    assert found(question, chosen) == pytest.approx(kind)


def test_one_word_of_the_right_sentence_is_the_answer_to_a_lessons_check(
    progress: Progress,
) -> None:
    question = course.question("00-c-alike")
    word = words_of(question.line)[0].index("heartbroken")
    told = Inquiry(question, "me", progress).answer({"do": "answer", "answer": [word]})["told"]
    assert told["points"] == told["outOf"]
    assert mark(question, [word]).points < 0.2


@pytest.mark.parametrize("answer", [[], None, "x", [99], [-1], [True], [0.0], ["0"], {}])
def test_what_is_no_answer_is_refused(answer: object) -> None:
    with pytest.raises(AnswerError):
        mark(of(True, False), answer)


@pytest.fixture
def desk(progress: Progress) -> QuizDesk:
    return QuizDesk(QUIZ, "me", progress)


def answer_all(desk: QuizDesk, progress: Progress) -> dict[str, object]:
    reply: dict[str, object] = {}
    sitting = desk._sitting
    for number, drawn in enumerate(sitting.paper):
        answer = best_answer(drawn.question)
        if drawn.question.options:
            answer = [drawn.order.index(place) for place in answer]  # type: ignore[attr-defined]
        if drawn.question.pairs:
            answer = [answer[place] for place in drawn.order]  # type: ignore[index]
        reply = desk.answer({"do": "answer", "question": number, "answer": answer})
        assert "error" not in reply
    return reply


def test_right_answers_earn_every_point_and_are_kept(desk: QuizDesk, progress: Progress) -> None:
    reply = answer_all(desk, progress)
    assert reply["score"] == {"points": QUIZ.size, "outOf": QUIZ.size}
    best = Quiz(1).best(progress, "me")
    assert best is not None
    assert best.points == QUIZ.size


def test_a_paper_says_nothing_of_its_answers_before_they_are_given(desk: QuizDesk) -> None:
    shown = json.dumps(desk.answer({"do": "open"}))
    for drawn in desk._sitting.paper:
        question = drawn.question
        for secret in (question.why, *(option.why for option in question.options)):
            assert not secret or secret not in shown
    assert '"right"' not in shown
    assert "[[" not in shown


def a_choice(desk: QuizDesk) -> int:
    """The number of a question on the paper that is answered by choosing."""
    return next(n for n, drawn in enumerate(desk._sitting.paper) if drawn.question.options)


def test_a_sitting_is_found_again_where_it_was_left(desk: QuizDesk, progress: Progress) -> None:
    before = desk.answer({"do": "open"})
    here = a_choice(desk)
    desk.answer({"do": "answer", "question": here, "answer": [0]})
    again = QuizDesk(QUIZ, "me", progress).answer({"do": "open"})
    assert again["questions"] == before["questions"]
    assert [n for n, told in enumerate(again["told"]) if told] == [here]


def test_an_answer_counts_once(desk: QuizDesk, progress: Progress) -> None:
    here = a_choice(desk)
    first = desk.answer({"do": "answer", "question": here, "answer": [0]})["told"]
    second = desk.answer({"do": "answer", "question": here, "answer": [1]})["told"]
    assert (first["answer"], first["points"]) == (second["answer"], second["points"])
    assert len(progress.attempts("me")) == 1


def test_a_forged_request_changes_nothing(desk: QuizDesk, progress: Progress) -> None:
    for forged in (
        {"do": "answer", "question": 99, "answer": [0]},
        {"do": "answer", "question": "0", "answer": [0]},
        {"do": "answer", "question": 0, "answer": [77]},
        {"do": "answer", "question": 0},
        {"do": "score", "points": 5},
    ):
        assert "error" in desk.answer(forged)
    assert progress.attempts("me") == []


def test_a_new_paper_comes_only_after_the_old_one(desk: QuizDesk, progress: Progress) -> None:
    first = desk.answer({"do": "open"})["sitting"]
    assert desk.answer({"do": "again"})["sitting"] == first
    answer_all(desk, progress)
    assert desk.answer({"do": "again"})["sitting"] != first


def test_each_line_that_is_matched_as_it_belongs_earns_its_share() -> None:
    question = pairs("pear", "apple", "plum")
    assert question.matches == ("apple", "pear", "plum")
    assert mark(question, [1, 0, 2]).points == 1
    assert mark(question, [1, 1, 1]).points == pytest.approx(1 / 3)
    assert mark(question, [0, 2, 1]).told["whys"] == ["why pear", "why apple", "why plum"]


@pytest.mark.parametrize("answer", [None, [], [1, 0], [1, 0, 3], [1, 0, True], [1, 0, None], "1"])
def test_half_a_match_is_no_answer(answer: object) -> None:
    with pytest.raises(AnswerError):
        mark(pairs("pear", "apple", "plum"), answer)


def test_what_is_told_follows_the_order_of_the_page() -> None:
    drawn = Drawn(pairs("pear", "apple", "plum"), (2, 0, 1))
    assert drawn.shown()["lines"] == ["line plum", "line pear", "line apple"]
    answer = drawn.as_written([2, 1, 1])
    attempt = Attempt("me", "q", answer, mark(drawn.question, answer).points, 1.0, "v")
    told = drawn.told(attempt)
    assert told["answer"] == [2, 1, 1]
    assert told["right"] == [2, 1, 0]
    assert told["whys"] == ["why plum", "why pear", "why apple"]


def test_a_question_in_a_lesson_is_explained_each_time_and_never_in_the_quiz(
    progress: Progress,
) -> None:
    question = replace(of(True, False, False, True), check=True)
    inquiry = Inquiry(question, "me", progress)
    opening = inquiry.answer({"do": "open"})
    assert opening["told"] is None
    assert "because" not in json.dumps(opening)
    assert "error" in inquiry.answer({"do": "answer", "answer": []})
    right = [opening["question"]["options"].index(text) for text in ("0", "3")]
    assert inquiry.answer({"do": "answer", "answer": right[:1]})["told"]["points"] == 0.5
    assert inquiry.answer({"do": "answer", "answer": right})["told"]["points"] == 1
    assert sorted(Inquiry(question, "me", progress).answer({"do": "open"})["told"]["answer"]) == (
        sorted(right)
    )
    checks = [q.id for q in course.questions().values() if q.check or q.form]
    banks = [q.id for lesson in range(12) for q in Quiz(lesson).bank]
    assert not set(checks) & set(banks)
