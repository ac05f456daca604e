"""The teacher's report: how a class is doing, and how the questions are. HTML and SVG, nothing to load."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from random import Random, SystemRandom

from unpushy import course
from unpushy.progress import Progress, open_progress
from unpushy.progress.standing import VERY_SURE
from unpushy.quiz import statistics
from unpushy.quiz.results import Result, gains, results, score_that_counts, shares
from unpushy.quiz.rules import our_class
from unpushy.quiz.sitting import Quiz, quizzes

CHOICES = ("one", "hears", "several")
STYLE = """
.up-report { font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; }
.up-report .up-wide { overflow-x: auto; margin: 0 0 1.5rem; }
.up-report table { border-collapse: collapse; font-size: .95rem; }
.up-report caption { text-align: left; max-width: 85vw; padding: .3rem 0; }
.up-report th, .up-report td { text-align: left; vertical-align: top; padding: .3rem .7rem; border-bottom: 1px solid color-mix(in srgb, currentColor 30%, transparent); }
.up-report th:has(small) { min-width: 12rem; }
.up-report tbody th:not(:has(small)) { white-space: nowrap; }
.up-report small { display: block; font-weight: 400; line-height: 1.4; }
.up-report .up-number { text-align: right; white-space: nowrap; }
.up-report summary { font-weight: 600; padding: .5rem 0; cursor: pointer; min-height: 24px; }
.up-report svg { width: 22rem; max-width: 100%; height: auto; }
"""

Found = Mapping[Quiz, Mapping[str, list[Result]]]


class Report:
    """A report, which notebooks and pages show as HTML."""

    def __init__(self, html: str) -> None:
        self._html = html

    def _repr_html_(self) -> str:
        return self._html


def report(progress: Progress | None = None, pseudonyms: bool | None = None) -> Report:
    """The report on all graded papers that are done.

    With `pseudonyms`, or where the class file asks for them, learners have numbers in place of names,
    drawn anew for each report.
    """
    kept = progress or open_progress()
    found = {quiz: results(kept, quiz) for quiz in quizzes()}
    learners = sorted({who for mine in found.values() for who in mine})
    here = our_class()
    hidden = pseudonyms if pseudonyms is not None else bool(here and here.pseudonyms)
    names = numbered(learners, SystemRandom()) if hidden else {who: who for who in learners}
    if not learners:
        body = ["<p>No graded paper has been handed in yet.</p>"]
    else:
        body = [
            _progress_of(found, names),
            _heat(found, names),
            _gain(kept, names),
            *(_quiz(quiz, mine) for quiz, mine in found.items() if mine),
        ]
    return Report(f'<style>{STYLE}</style><div class="up-report">{"".join(body)}</div>')


def numbered(learners: Sequence[str], random: Random) -> dict[str, str]:
    """Names in place of names, in an order that says nothing about who is who."""
    mixed = random.sample(list(learners), len(learners))
    return {who: f"Learner {number}" for number, who in enumerate(mixed, 1)}


def _table(caption: str, head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the cells are HTML already, the first of each row is its name."""
    tops = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    lines = "".join(f'<tr><th scope="row">{row[0]}</th>{"".join(row[1:])}</tr>' for row in rows)
    return (
        f'<div class="up-wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption>"
        f"<thead><tr>{tops}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _number(value: float | None, form: str = ".2f") -> str:
    return f'<td class="up-number">{"–" if value is None else format(value, form)}</td>'


def _warm(value: float | None) -> str:
    """A cell that is the greener the more of the points there are; the number says it as well."""
    if value is None:
        return _number(None)
    shade = f"background: rgb(20 107 75 / {0.45 * value:.2f})"
    return f'<td class="up-number" style="{shade}">{value:.0%}</td>'


def _progress_of(found: Found, names: Mapping[str, str]) -> str:
    taken = [quiz for quiz, mine in found.items() if mine]
    rows = []
    for who, name in sorted(names.items(), key=lambda pair: pair[1]):
        cells = []
        for quiz in taken:
            mine = found[quiz].get(who, [])
            score = score_that_counts(quiz, mine)
            tries = f" ({len(mine)} papers)" if len(mine) > 1 else ""
            said = f"{score.points:.3g} of {score.out_of:g}{tries}" if score else "–"
            cells.append(f'<td class="up-number">{said}</td>')
        rows.append([escape(name), *cells])
    return "<h2>Progress</h2>" + _table(
        "Each learner's score in each quiz, as it counts in this class",
        ["Learner", *(quiz.title for quiz in taken)],
        rows,
    )


def _heat(found: Found, names: Mapping[str, str]) -> str:
    met: dict[str, dict[str, float]] = {}
    for quiz, mine in found.items():
        for who, had in shares(quiz, mine).items():
            met.setdefault(who, {}).update(had)
    principle = {item: question.lesson for item, question in course.questions().items()}
    met = {who: {i: s for i, s in mine.items() if i in principle} for who, mine in met.items()}
    hot = statistics.heat(met, principle)
    lessons = sorted({number for mine in hot.values() for number in mine})
    return "<h2>Principles</h2>" + _table(
        "Share of the points in all questions about a principle, tests included",
        ["Learner", *(f"Lesson {number}" for number in lessons)],
        [
            [escape(name), *(_warm(hot.get(who, {}).get(number)) for number in lessons)]
            for who, name in sorted(names.items(), key=lambda pair: pair[1])
        ],
    )


def _gain(progress: Progress, names: Mapping[str, str]) -> str:
    both = gains(progress)
    if not both:
        return "<h2>Gain</h2><p>Nobody has done both tests, before and after the course, yet.</p>"
    whole = statistics.class_gain(list(both.values()))
    said = "there was nothing left to gain" if whole.gain is None else f"{whole.gain:.2f}"
    rows = [
        [escape(names[who]), _warm(before), _warm(after), _number(statistics.gain(before, after))]
        for who, (before, after) in sorted(both.items(), key=lambda pair: names[pair[0]])
    ]
    return (
        f"<h2>Gain</h2><p>Class: {said} (n = {whole.n}; {whole.before:.0%} before, {whole.after:.0%} after). "
        "It is what was gained of what there was to gain, from the averages of the class "
        "(Hake 1998). The first paper of each test counts.</p>"
        + _table("Each learner before and after", ["Learner", "Before", "After", "Gain"], rows)
    )


def _quiz(quiz: Quiz, found: Mapping[str, list[Result]]) -> str:
    met = shares(quiz, found)
    counts = [score_that_counts(quiz, mine) for mine in found.values()]
    spread = statistics.distribution(
        score.points / score.out_of for score in counts if score and score.out_of
    )
    parts = [
        f"<details open><summary>{escape(quiz.title)}</summary>",
        _bars(spread),
        _reliability(met) if quiz.form else "",
        _items(met, found),
        "</details>",
    ]
    return "".join(parts)


def _reliability(met: statistics.Shares) -> str:
    found = statistics.reliability(met)
    said = found.why if found.alpha is None else f"{found.alpha:.2f}"
    return f"<p>Reliability (Cronbach's alpha, which is KR-20 for right and wrong): {said} (n = {found.n}).</p>"


def _items(met: statistics.Shares, found: Mapping[str, list[Result]]) -> str:
    answers = [a for mine in found.values() for result in mine for a in result.answers.values()]
    rows = []
    for item in statistics.items(met):
        question = course.questions().get(item.item)
        mine = [attempt for attempt in answers if attempt.item == item.item]
        never: list[str] = []
        if question and question.kind in CHOICES:
            picks = Counter(str(text) for a in mine for text in _listed(a.words))
            never = statistics.unpicked(picks, [o.text for o in question.options if not o.right])
        sure = sum(a.sure == VERY_SURE and a.points < a.out_of for a in mine)
        prompt = question.prompt if question else "no longer asked"
        rows.append(
            [
                f"{escape(item.item)}<br><small>{escape(prompt)}</small>",
                _number(item.n, "d"),
                _number(item.difficulty),
                _number(item.discrimination),
                _number(sure, "d"),
                f"<td>{'<br>'.join(map(escape, never))}</td>",
            ]
        )
    return _table(
        "Questions: n, difficulty (mean share of the points, 1 is easy), discrimination (correlation "
        "with the rest of the paper), how many were very sure and wrong, options nobody picked",
        ["Question", "n", "Difficulty", "Discrimination", "Sure and wrong", "Nobody picked"],
        rows,
    )


def _listed(words: object) -> list[object]:
    return words if isinstance(words, list) else []


def _bars(spread: Sequence[int]) -> str:
    """The distribution of scores as bars, said in words for those who don't see them."""
    most = max([*spread, 1])
    step = 100 // len(spread)
    said = ", ".join(
        f"{count} from {step * n} to {step * (n + 1)} %" for n, count in enumerate(spread) if count
    )
    bars = "".join(
        f'<rect x="{n * 22 + 1}" y="{70 - 60 * count / most:.1f}" width="20" '
        f'height="{60 * count / most:.1f}" fill="currentColor" opacity="0.65"/>'
        f'<text x="{n * 22 + 11}" y="{66 - 60 * count / most:.1f}" font-size="9" '
        f'text-anchor="middle" fill="currentColor">{count or ""}</text>'
        f'<text x="{n * 22 + 11}" y="80" font-size="7" text-anchor="middle" '
        f'fill="currentColor">{step * n}%</text>'
        for n, count in enumerate(spread)
    )
    return (
        f'<svg viewBox="0 0 {22 * len(spread)} 84" role="img" '
        f'aria-label="Scores: {escape(said)}">{bars}</svg>'
    )
