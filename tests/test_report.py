"""The teacher's report: whole, quiet where it knows nothing, and safe to show."""

from html.parser import HTMLParser
from pathlib import Path
from random import Random

import pytest
from test_marks import sit

from unpushy import course
from unpushy.progress import Progress
from unpushy.quiz import Quiz
from unpushy.quiz.report import numbered, report
from unpushy.quiz.results import gain_of, gains, results, shares

NAMES = ["ada", "bob", "<script>alert(1)</script>"]


@pytest.fixture(autouse=True)
def class_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "class.toml"
    path.write_text("")
    monkeypatch.setenv("UNPUSHY_CLASS", str(path))
    return path


class Reader(HTMLParser):
    """The texts and the tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(progress: Progress, **how: bool) -> Reader:
    return Reader(report(progress, **how)._repr_html_())


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Progress:
    """A class of three that took both tests and the first quiz."""
    folder = tmp_path_factory.mktemp("taught")
    (folder / "class.toml").write_text("")
    kept = Progress(f"sqlite:///{folder / 'progress.sqlite'}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNPUSHY_CLASS", str(folder / "class.toml"))
        for place, who in enumerate(NAMES):
            sit(kept, who, quiz=Quiz(form="pre"), right=3 + place)
            sit(kept, who, right=6)
            sit(kept, who, quiz=Quiz(form="post"), right=9 + 3 * place)
    return kept


def test_a_report_shows_progress_principles_gain_and_every_question_that_was_asked(
    taught: Progress,
) -> None:
    page = read(taught)
    text = " ".join(page.texts)
    for what in ("Progress", "Principles", "Gain", "Quiz 1", "Before the course", "(n = 3"):
        assert what in text
    for quiz in (Quiz(1), Quiz(form="pre"), Quiz(form="post")):
        for mine in shares(quiz, results(taught, quiz)).values():
            for item in mine:
                assert item in page.texts
    assert "3 of at least 30 takers" in text
    assert page.tags.count("svg") == 3


def test_the_gain_of_the_class_is_the_one_of_its_averages(taught: Progress) -> None:
    both = gains(taught)
    assert set(both) == set(NAMES)
    mine = gain_of(taught, "ada")
    assert mine is not None
    assert (mine.before, mine.after) == both["ada"]
    assert mine.gain == pytest.approx((mine.after - mine.before) / (1 - mine.before))
    assert gain_of(taught, "nobody") is None
    before, after = (sum(pair[n] for pair in both.values()) / 3 for n in (0, 1))
    assert f"Class: {(after - before) / (1 - before):.2f} (n = 3;" in " ".join(read(taught).texts)


def test_a_fixed_form_counts_the_first_time_only(progress: Progress) -> None:
    form = Quiz(form="pre")
    sit(progress, "ada", quiz=form, right=0)
    sit(progress, "ada", quiz=form, right=15)
    found = results(progress, form)
    assert len(found["ada"]) == 2
    assert sum(shares(form, found)["ada"].values()) == found["ada"][0].score.points < 15


def test_both_tests_are_the_same_for_everybody_but_for_the_order_of_options(
    progress: Progress,
) -> None:
    for form in ("pre", "post"):
        papers = [Quiz(form=form).begin(progress, who, graded=True).paper for who in ("ada", "bob")]
        orders = [[drawn.question.id for drawn in paper] for paper in papers]
        assert orders[0] == orders[1] == [q.id for q in Quiz(form=form).bank]
        assert [d.order for d in papers[0]] != [d.order for d in papers[1]]


def test_names_are_text_and_never_markup(taught: Progress) -> None:
    page = read(taught)
    assert NAMES[2] in page.texts
    assert "script" not in page.tags


def test_pseudonyms_show_no_name_and_no_order(taught: Progress, class_file: Path) -> None:
    for page in (read(taught, pseudonyms=True), _asked_for_in(class_file, taught)):
        text = " ".join(page.texts)
        assert "Learner 3" in page.texts
        assert not any(name in page.texts for name in NAMES)
        assert "alert" not in text
    assert len({str(numbered(NAMES, Random(seed))) for seed in range(20)}) > 3


def _asked_for_in(class_file: Path, progress: Progress) -> Reader:
    class_file.write_text("pseudonyms = true\n")
    return read(progress)


def test_a_report_without_papers_says_so(progress: Progress) -> None:
    assert "No graded paper has been handed in yet." in read(progress).texts


def test_options_that_nobody_picked_and_sure_and_wrong_are_shown(taught: Progress) -> None:
    page = read(taught)
    question = next(q for q in Quiz(form="pre").bank if q.kind == "one")
    picked = {
        text
        for attempt in taught.attempts(item=question.id)
        for text in attempt.words  # type: ignore[attr-defined]
    }
    for option in question.options:
        assert (option.text in page.texts) == (not option.right and option.text not in picked)
    assert course.questions()[question.id].prompt in page.texts
