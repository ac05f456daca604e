"""The workbook, held to what a learner relies on: parts, timing, claims with a home, questions that give nothing away."""

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest

from unpushy import course
from unpushy.course import Question
from unpushy.ear import hear_all
from unpushy.server.places import LAB_ONLY, Lesson, lessons, read_cells

ROOT = Path(__file__).parents[1]
PRINCIPLES = [lesson for lesson in lessons() if 1 <= lesson.number <= 10]
PARTS = [
    "scene", "principle", "drawing", "evidence", "example", "example-2", "check-worked", "gaps-filled",
    "practise-1", "line-1", "check-which", "line-3", "lookalike", "check-alike", "own-words", "own-words-box", "card",
]  # fmt: skip
QUIZZES: dict[int, list[Question]] = {}
for one in course.questions().values():
    if not one.check and not one.form:
        QUIZZES.setdefault(one.lesson, []).append(one)
CHOICES = [q for q in course.questions().values() if q.kind in ("one", "hears")]
by_name = {"ids": lambda lesson: lesson.slug}


@cache
def cells(lesson: Lesson) -> dict[str, Any]:
    """A lesson's cells by their ids, without the note for JupyterLab, which is no part of what it teaches."""
    return {
        cell.id: cell
        for cell in nbformat.read(lesson.notebook, 4).cells
        if LAB_ONLY not in cell.metadata.get("tags", [])
    }


def prose(lesson: Lesson) -> str:
    return "\n\n".join(c.source for c in cells(lesson).values() if c.cell_type == "markdown")


def calls(lesson: Lesson) -> list[tuple[str, str]]:
    code = "\n".join(c.source for c in cells(lesson).values() if c.cell_type == "code")
    return re.findall(r'^(practise|ask|own_words|before_and_after)\("([^"]+)"', code, re.M)


@pytest.mark.parametrize("lesson", lessons(), **by_name)
def test_a_gap_in_a_table_says_of_which_column_it_is(lesson: Lesson) -> None:
    for cell in lesson.cells:
        assert not re.search(
            r"<td[^>]*>\s*“?…”?\s*</td>", re.sub(r'<td data-column="[^"]+"', "<!", cell.html)
        )


def test_columns_are_named_in_each_row_but_not_what_the_row_is_about(tmp_path: Path) -> None:
    made = nbformat.v4.new_notebook()
    table = '| they say | "they" & mean |\n|---|---|\n| *no* | yes |\n| … | … |\n\nSome … text.'
    made.cells = [nbformat.v4.new_markdown_cell(table)]
    nbformat.write(made, tmp_path / "one.ipynb")
    (cell,) = read_cells(tmp_path / "one.ipynb")
    assert re.findall(r"<td[^>]*>", cell.html) == [
        "<td>",
        '<td data-column="&quot;they&quot; &amp; mean">',
        '<td data-column="they say">',
        '<td data-column="&quot;they&quot; &amp; mean">',
    ]


def test_the_course_is_complete() -> None:
    assert [lesson.number for lesson in lessons()] == list(range(12))


@pytest.mark.parametrize("lesson", PRINCIPLES, **by_name)
def test_a_lesson_has_its_parts_in_order(lesson: Lesson) -> None:
    found = [part for part in cells(lesson) if part in PARTS]
    assert found == PARTS
    card = cells(lesson)["card"].source
    assert "### One small thing for this week" in card
    assert "### Where this comes from" in card


@pytest.mark.parametrize("lesson", lessons(), **by_name)
def test_a_lesson_takes_as_long_as_it_says(lesson: Lesson) -> None:
    """Two hundred words a minute; a line to rewrite takes a minute and a half, a box of one's own two."""
    cost = {"practise": 1.5, "ask": 0.5, "own_words": 2.0, "before_and_after": 6.0}
    words = [word for word in prose(lesson).split() if re.search(r"\w", word)]
    takes = len(words) / 200 + sum(cost[call] for call, _ in calls(lesson))
    assert abs(takes - lesson.minutes) <= 1, f"about {takes:.1f} minutes"
    assert 12 <= lesson.minutes <= 18
    assert 12 <= round(takes) <= 18


def test_the_guide_for_trainers_gives_the_lessons_own_minutes() -> None:
    guide = (ROOT / "docs" / "teaching.md").read_text("utf-8")
    told = re.findall(r"\[lesson (\d+)\]\([^)]*\) \((\d+) minutes\)", guide)
    states = {lesson.number: lesson.minutes for lesson in lessons()}
    assert sorted(int(number) for number, _ in told) == list(range(2, 11))
    assert all(states[int(number)] == int(minutes) for number, minutes in told)
    assert f"the nine lessons in between are {sum(states[n] for n in range(2, 11))}." in guide
    assert f"They take {sum(states[n] for n in (0, 1, 5, 10))} minutes." in guide


@pytest.mark.parametrize("lesson", lessons(), **by_name)
def test_what_a_lesson_asks_for_is_there_and_its_own(lesson: Lesson) -> None:
    for call, ident in calls(lesson):
        if call == "practise":
            assert course.exercise(ident).lesson == lesson.number
        elif call == "ask":
            question = course.question(ident)
            assert question.check
            assert question.lesson == lesson.number
        else:
            assert ident.startswith(f"{lesson.number:02}-")
    practised = {ident for call, ident in calls(lesson) if call in ("practise", "before_and_after")}
    assert 3 <= len(practised) <= 5


@pytest.mark.parametrize("lesson", lessons(), **by_name)
def test_a_drawing_is_ours_and_says_in_words_what_it_shows(lesson: Lesson) -> None:
    for words, name in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", prose(lesson)):
        assert len(words.split()) >= 12
        drawing = (lesson.notebook.parent / name).read_text("utf-8")
        root = ET.fromstring(drawing)
        space = "{http://www.w3.org/2000/svg}"
        assert root.find(f"{space}title") is not None
        assert root.find(f"{space}desc") is not None
        assert not re.search(
            r'<script|href\s*=\s*"(?!#)|url\((?!#)|\bon\w+=|<image|@import', drawing
        )
        sizes = re.findall(r'font-size="([\d.]+)', drawing)
        assert sizes
        assert min(map(float, sizes)) >= 18
        light, _, dark = drawing.partition("prefers-color-scheme: dark")
        dark, _, rest = dark.partition("</style>")
        colour = r'(?:fill|stroke)="#\w{6}"'
        assert set(re.findall(colour, light + rest)) == set(re.findall(colour, dark))


@pytest.mark.parametrize("lesson", lessons(), **by_name)
def test_links_of_a_lesson_lead_somewhere(lesson: Lesson) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", prose(lesson)):
        assert (lesson.notebook.parent / target).exists(), target


def test_every_claim_is_taught_practised_and_tested() -> None:
    taught: Counter[str] = Counter()
    for lesson in lessons():
        about = json.loads(lesson.notebook.read_text("utf-8"))["metadata"]["unpushy"]
        for claim in about.get("claims", []):
            taught[claim] += 1
            if course.claims()[claim].lesson == lesson.number:
                taught[f"{claim} at home"] += 1
    practised = Counter(claim for e in course.exercises().values() for claim in e.claims)
    tested = Counter(c for bank in QUIZZES.values() for q in bank for c in q.claims)
    for claim in course.claims():
        assert taught[f"{claim} at home"] == 1, claim
        assert taught[claim] + practised[claim] + tested[claim] >= 3
        assert practised[claim] >= 3, f"{claim} is practised {practised[claim]} times"
        assert tested[claim] >= 3, f"{claim} is tested {tested[claim]} times"


def test_every_tactic_and_move_is_practised_and_tested() -> None:
    practised = Counter(code for e in course.exercises().values() for code in e.tactics)
    tested = Counter(code for bank in QUIZZES.values() for q in bank for code in q.codes)
    for code in (*course.tactics(), *course.moves()):
        assert tested[code] >= 3, f"{code} is tested {tested[code]} times"
    for code in course.tactics():
        assert practised[code] >= 3, f"{code} is practised {practised[code]} times"


def test_there_are_lines_enough_from_trades_and_channels_enough() -> None:
    whole = [e for e in course.exercises().values() if e.models]
    by_lesson = Counter(e.lesson for e in whole)
    assert all(by_lesson[number] >= 10 for number in range(1, 11)), by_lesson
    assert len({e.trade for e in whole}) >= 40
    assert len({e.channel for e in whole}) >= 10


@pytest.mark.parametrize("number", [4, 10])
def test_listening_is_practised_on_words_of_the_buyers(number: int) -> None:
    mine = [e for e in course.exercises().values() if e.lesson == number]
    assert sum("“" in e.situation for e in mine) >= len(mine) / 2


def test_at_most_one_model_in_three_says_that_no_is_fine() -> None:
    fine = re.compile(
        r"\bno(?:t now|t)? (?:is|are|would be)\b|if not,|is fine too|also (?:ok|fine)|either way|or not\b"
        r"|that's fine|just as (?:well|good|fine)|fine by me|all (?:right|fine) (?:too|with me)|leave it (?:there|at that)"
    )
    models = [m.line for e in course.exercises().values() for m in e.models]
    assert sum(bool(fine.search(line.lower())) for line in models) <= len(models) / 3


def test_banks_are_large_and_of_every_kind() -> None:
    for number in range(1, 11):
        bank = QUIZZES[number]
        assert len(bank) >= 18, number
        assert {q.kind for q in bank} == set(course.KINDS)
        assert {q.difficulty for q in bank} == {1, 2, 3}
        assert all(q.claims for q in bank)
    assert sum(map(len, QUIZZES.values())) >= 190


def test_each_option_has_a_reason_of_its_own() -> None:
    for question in course.questions().values():
        reasons = [option.why for option in question.options] + [p.why for p in question.pairs]
        assert all(reasons)
        assert len(set(reasons)) == len(reasons)


def test_answers_are_spread_over_the_places() -> None:
    places = Counter(next(n for n, option in enumerate(q.options) if option.right) for q in CHOICES)
    four = [q for q in CHOICES if len(q.options) == 4]
    assert len(four) > 0.8 * len(CHOICES)
    for place in range(4):
        assert 0.15 <= places[place] / len(CHOICES) <= 0.35, places


def test_looking_back_an_earlier_principle_is_right_as_often_as_the_lesson_s_own() -> None:
    own = 0
    for lesson in PRINCIPLES[2:]:
        options = course.question(f"{lesson.number:02}-c-which").options
        right = next(option.text for option in options if option.right)
        own += right.startswith(lesson.title.partition(" (")[0])
    assert own == 4


def test_the_longest_option_is_right_no_more_often_than_by_chance() -> None:
    longest = [max(q.options, key=lambda o: len(o.text)).right for q in CHOICES]
    expected = sum(1 / len(q.options) for q in CHOICES)
    spread = (sum((1 / len(q.options)) * (1 - 1 / len(q.options)) for q in CHOICES)) ** 0.5
    assert sum(longest) <= expected + 2 * spread


def test_nothing_gives_an_answer_away() -> None:
    for question in course.questions().values():
        told = " ".join([question.prompt, *(option.text for option in question.options)]).lower()
        assert not re.search(r"all of the (?:above|these)|none of the (?:above|these)", told)


def test_no_line_and_no_question_stands_twice() -> None:
    texts: list[str] = []
    for e in course.exercises().values():
        texts += [
            e.situation,
            e.pushy,
            *(m.line for m in e.models),
            *(n.line for n in e.near_misses),
        ]
    for q in course.questions().values():
        if q.kind not in ("mark", "rewrite", "match"):
            texts.append(q.prompt + " ".join(sorted(option.text for option in q.options)))
        texts += [line for line in (q.line, *(pair.line for pair in q.pairs)) if line]
    plain = Counter(re.sub(r"\W+", " ", text).strip().lower() for text in texts)
    assert [text for text, times in plain.items() if times > 1] == []


def syllables(word: str) -> int:
    groups = re.findall(r"[aeiouy]+", word.lower())
    silent = word.lower().endswith("e") and not word.lower().endswith("le") and len(groups) > 1
    return max(1, len(groups) - silent)


@pytest.mark.parametrize("lesson", lessons(), **by_name)
def test_a_lesson_reads_easily(lesson: Lesson) -> None:
    """Flesch's reading ease: 60 to 70 is plain English, 80 and over conversation."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)|[*_>#|`]|<[^>]+>", r"\1 ", prose(lesson))
    words = re.findall(r"[A-Za-z']+", text)
    sentences = [s for s in re.split(r"[.!?:]+[”\"]?\s|\n\n", text) if len(s.split()) > 1]
    ease = 206.835 - 1.015 * len(words) / len(sentences)
    ease -= 84.6 * sum(map(syllables, words)) / len(words)
    assert ease >= 70, f"{ease:.0f}"


# Sentences that the ear takes for a push, and why they stand.
NO_PUSH = {
    "In that order: someone who needn't guard his own view has a hand free for yours.": "says why one listens first",
    "You have seen something that the customer hasn't, which makes it tempting to decide for her.": "sets the scene of an exercise",
    "Think of a yes that you gave because it was the quickest way out: on the phone, at your door, in a shop.": "asks the reader to remember; nothing is decided for them",
    "The last one stands at your stall and has just said something about herself.": "sets the scene of an exercise",
    "And one on a doorstep, where somebody will count your forms tonight.": "sets the scene of an exercise",
    "And who simply took your no?": "asks the reader to remember; nothing is decided for them",
    "Robert Cialdini and colleagues (1975) asked students for a huge favour, and after their refusal for a smaller one, a trip to the zoo with young offenders.": "tells what was found out",
    "She knows this boss, and you don't.": "says why one asks",
    "Think of a no of yours that somebody wouldn't take.": "asks the reader to remember; nothing is decided for them",
    "Think of a seller who asked and asked before telling you anything.": "asks the reader to remember; nothing is decided for them",
    "Think of someone who told you something against their own interest.": "asks the reader to remember; nothing is decided for them",
}


def told(lesson: Lesson) -> list[str]:
    """The sentences in which a lesson speaks to its reader: no dialogue, no example, no heading."""
    found = []
    for cell in cells(lesson).values():
        if cell.cell_type != "markdown":
            continue
        for block in cell.source.split("\n\n"):
            if block.lstrip().startswith((">", "|", "#", "![", "-")):
                continue
            spoken = re.sub(
                r"“[^”]*”|\*[^*\n]+\*|\[([^\]]*)\]\([^)]*\)", "", block.replace("**", "")
            )
            sentences = re.split(r"(?<=[.!?])\s+", re.sub(r"\s+", " ", spoken))
            found += [s.strip() for s in sentences if re.search(r"\byou", s.lower())]
    return [sentence for sentence in found if len(sentence.split()) >= 4]


def test_no_lesson_pushes_its_reader() -> None:
    sentences = [sentence for lesson in lessons() for sentence in told(lesson)]
    assert len(sentences) > 100
    pushing = {
        hearing.line
        for hearing in hear_all(sentences)
        if hearing.push and hearing.confidence >= 0.8
    }
    assert pushing - NO_PUSH.keys() == set()
    assert NO_PUSH.keys() <= set(sentences), "an exception that no lesson has any more"
