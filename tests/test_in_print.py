"""Lessons where nothing runs: each line and each question is there to be read, and no answer is."""

import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from nbclient import NotebookClient
from nbconvert.filters import markdown2html
from test_cli import unpushy

from unpushy import course, in_print
from unpushy.course import Question
from unpushy.in_print import as_typed, escaped, shown
from unpushy.server.places import Lesson, lessons, read_cells

WIDGET = "application/vnd.jupyter.widget-view+json"
by_name = {"ids": lambda lesson: lesson.slug}


def markdown(desk: str, nth: int, *args: str) -> str:
    return str(shown(desk, nth, *args).data["text/markdown"])


@pytest.fixture
def own_lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of all lessons, which the commands take for the course's."""
    shutil.copytree(ROOT / "lessons", tmp_path / "course" / "lessons")
    monkeypatch.setenv("UNPUSHY_COURSE", str(tmp_path / "course"))
    monkeypatch.setenv("UNPUSHY_DATA", str(tmp_path / "data"))
    return tmp_path / "course" / "lessons"


@pytest.mark.parametrize("lesson", lessons(), **by_name)
def test_what_a_lesson_stores_is_what_the_command_would_make(lesson: Lesson) -> None:
    stored = lesson.notebook.read_bytes().decode()
    assert stored == in_print.in_print(lesson), "please run: make lessons"


@pytest.mark.parametrize("lesson", lessons(), **by_name)
def test_every_line_and_question_of_a_lesson_can_be_read_in_it(lesson: Lesson) -> None:
    cells = nbformat.read(lesson.notebook, 4).cells
    for cell, read in zip(cells, lesson.cells, strict=True):
        if not read.desk:
            assert not cell.get("outputs")
            continue
        (output,) = cell.outputs
        plain = output.data["text/plain"]
        match read.desk:
            case "practise":
                line = course.exercise(read.item)
                assert line.situation in plain
                assert f"> {line.pushy}" in plain
            case "ask":
                question = course.question(read.item)
                assert plain.startswith(question.prompt)
                assert all(f"- {option.text}" in plain for option in question.options)
            case "own_words":
                assert plain.startswith(read.args[1])


@pytest.mark.parametrize("lesson", lessons(), **by_name)
def test_no_lesson_says_the_same_aside_twice(lesson: Lesson) -> None:
    asides = re.findall(r'"\*[^*"]+\*"', lesson.notebook.read_text("utf-8"))
    marked = asides[::2]  # each stands in Markdown and in plain text
    assert len(set(marked)) == len(marked) == len(asides) / 2


@pytest.mark.parametrize("kind", course.KINDS)
def test_a_question_of_any_kind_is_there_to_be_read(kind: str) -> None:
    question = next(one for one in course.questions().values() if one.kind == kind)
    page = seen(markdown("ask", 1, question.id))
    parts = [question.prompt, re.sub(r"\[\[|\]\]", "", question.line), *question.matches]
    parts += [option.text for option in question.options] + [pair.line for pair in question.pairs]
    if question.exercise:
        parts.append(course.exercise(question.exercise).pushy)
    assert all(part in page.seen for part in parts)
    assert page.items == len(question.options) + 2 * len(question.pairs)


def another_key(question: Question) -> Question:
    """The same question with another key and other reasons."""
    matches = [pair.match for pair in question.pairs]
    return replace(
        question,
        why="Another reason.",
        line=re.sub(r"\[\[|\]\]", "", question.line),
        options=tuple(replace(o, right=not o.right, why="Another.") for o in question.options),
        pairs=tuple(
            replace(pair, match=match, why="Another.")
            for pair, match in zip(question.pairs, matches[1:] + matches[:1], strict=True)
        ),
    )


def test_a_question_in_print_does_not_tell_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the same with another key and other reasons, so nothing can be read from it."""
    for question in list(course.questions().values()):
        told = shown("ask", 0, question.id)
        assert "[[" not in told.data["text/plain"]
        other = another_key(question)
        assert other != question
        with monkeypatch.context() as patch:
            patch.setattr(course, "question", lambda _, other=other: other)
            assert shown("ask", 0, question.id) == told


def test_a_line_in_print_tells_no_hint_and_no_way_to_say_it() -> None:
    for line in course.exercises().values():
        told = shown("practise", 0, line.id).data["text/plain"]
        for secret in (*line.hints, *(one.line for one in (*line.models, *line.near_misses))):
            assert secret not in told


class Text(HTMLParser):
    """What a reader sees of a piece of HTML, the names of its elements, and how many items its lists have."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen, self.tags, self.items = "", set[str](), 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        self.items += tag == "li"

    def handle_data(self, data: str) -> None:
        self.seen += data


ODD = [
    "a * b * c _d_ __e__ ~~f~~ `g` # h | i",
    "# one\n## two\n- three\n+ four\n* five\n1. six\n2) seven\n> eight",
    "---\n===\n***\n| a | b |\n|---|---|\n| c | d |\na\n:-:\n```\ncode\n```\n    code",
    '<b>bold</b> <script>alert("x")</script> <!-- --> &amp; &copy; &#60;',
    "[a](b) ![a](b) [c]: d\n[^1] and [^1]: e",
    "Either $5 or $6, $$x$$ or \\(y\\) or \\[z\\], \\begin{a}b\\end{a}, a\\",
    "two\nlines\n\nand\n\n\na third",
]


def seen(markdown: str) -> Text:
    return Text(str(markdown2html(markdown)))


@pytest.mark.parametrize("text", ODD)
def test_an_odd_line_shows_as_typed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    line = replace(course.exercise("01-boiler"), situation=text, pushy=text)
    monkeypatch.setattr(course, "exercise", lambda _: line)
    page = seen(markdown("practise", 0, "01-boiler"))
    assert page.tags <= {"p", "br", "span", "blockquote", "em"}
    assert " ".join(page.seen.split()).count(" ".join(text.split())) == 2
    question = course.question("01-c-which")
    odd = tuple(replace(option, text=text) for option in question.options)
    monkeypatch.setattr(course, "question", lambda _: replace(question, prompt=text, options=odd))
    page = seen(markdown("ask", 1, "01-c-which"))
    assert page.tags <= {"p", "br", "span", "ul", "li"}
    assert " ".join(page.seen.split()).count(" ".join(text.split())) == 1 + len(odd)


@given(st.text(st.sampled_from("ab1 .)(\n*_#|<>&;$\\`~[]!+-=:{}^\t\"'“é")))
def test_any_text_shows_as_typed(text: str) -> None:
    page = seen(escaped(text))
    assert page.tags <= {"p", "br", "span"}
    assert page.seen.split() == as_typed(text).split()


@given(st.text(st.sampled_from("ab \n*#")).filter(lambda text: text.strip()))
def test_line_breaks_are_kept(text: str) -> None:
    html = str(markdown2html(escaped(text)))
    paragraphs = re.split(r"\n{2,}", as_typed(text))
    assert html.count("<p>") == len(paragraphs)
    assert html.count("<br />") == sum(part.count("\n") for part in paragraphs)


def test_a_lesson_that_was_run_and_saved_is_as_it_was_after_one_command(own_lessons: Path) -> None:
    path = own_lessons / "11-capstone.ipynb"
    stored = path.read_bytes()
    notebook = nbformat.read(path, 4)
    NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    nbformat.write(notebook, path)
    ran = [cell for cell in notebook.cells if cell.get("outputs")]
    assert len(ran) == sum(cell.cell_type == "code" for cell in notebook.cells) > 2
    for cell in ran:  # what was stored is replaced, not added to
        (output,) = cell.outputs
        assert WIDGET in output.data
    assert unpushy("lessons").stdout == "Made anew: 11-capstone\n"
    for old, new in zip(
        nbformat.reads(stored.decode(), 4).cells, nbformat.read(path, 4).cells, strict=True
    ):
        assert old.get("outputs") == new.get("outputs")
        assert new.get("execution_count") is None
    assert unpushy("lessons").stdout == "Every lesson is up to date.\n"


def test_a_cell_that_asks_for_what_there_is_not_is_named_and_nothing_written(
    own_lessons: Path,
) -> None:
    first, second = own_lessons / "00-welcome.ipynb", own_lessons / "01-bought-not-sold.ipynb"
    first.write_text(first.read_text("utf-8").replace("Leonor puts", "Leonor lays"), "utf-8")
    stale = first.read_bytes()
    text = second.read_text("utf-8")
    for called, told in (
        (r"practise(\"01-boilerr\")", "did you mean 01-boiler"),
        (r"own_words(\"01-boiler\")", "own_words('01-boiler')"),
    ):
        second.write_text(text.replace(r"practise(\"01-boiler\")", called), "utf-8")
        done = unpushy("lessons")
        assert done.returncode == 2
        assert "lessons/01-bought-not-sold.ipynb, 'line-1'" in done.stderr
        assert told in done.stderr
        assert first.read_bytes() == stale


def test_a_page_of_the_course_takes_no_notice_of_it(own_lessons: Path) -> None:
    for path in sorted(own_lessons.glob("*.ipynb")):
        stored = read_cells(path)
        notebook = nbformat.read(path, 4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = []
        bare = path.with_name(f"bare-{path.name}")
        nbformat.write(notebook, bare)
        assert read_cells(bare) == stored
