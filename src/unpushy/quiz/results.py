"""What a class has reached: the graded papers that are done, by quiz and learner."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import StringIO

from unpushy.progress import Attempt, Paper, Progress
from unpushy.quiz.rules import rules_for
from unpushy.quiz.sitting import Quiz, Score, counted, counting_on, is_done, now, score_of
from unpushy.quiz.statistics import Gain, class_gain


@dataclass(frozen=True)
class Result:
    """One graded paper that is done, with the answers on it by question."""

    paper: Paper
    score: Score
    answers: dict[str, Attempt]

    @property
    def items(self) -> list[str]:
        """The questions of the paper, in its order."""
        return [item for item, _ in self.paper.drawn]

    @property
    def share(self) -> float:
        """The share of the points there were, from 0 to 1."""
        return self.score.points / self.score.out_of if self.score.out_of else 0.0

    @property
    def counting(self) -> list[str]:
        """The questions that count: all but those that are no longer asked and weren't answered."""
        return counting_on(self.paper, list(self.answers.values()))

    @property
    def points(self) -> dict[str, float]:
        """The points of each question of the paper; one that wasn't answered has none."""
        return {
            item: self.answers[item].points if item in self.answers else 0.0 for item in self.items
        }


def results(
    progress: Progress, quiz: Quiz, at: datetime | None = None, learner: str | None = None
) -> dict[str, list[Result]]:
    """All graded papers of a quiz that are done, or those of one learner, oldest first."""
    answers: dict[tuple[str, str], dict[str, Attempt]] = {}
    for attempt in progress.attempts(learner, quiz=quiz.name):
        answers.setdefault((attempt.learner, attempt.sitting), {})[attempt.item] = attempt
    found: dict[str, list[Result]] = {}
    for paper in progress.papers(learner, quiz.name):
        given = answers.get((paper.learner, paper.id), {})
        rules = rules_for(quiz.name, paper.learner)
        if paper.graded and is_done(paper, list(given.values()), rules, at or now()):
            score = score_of(paper, list(given.values()))
            found.setdefault(paper.learner, []).append(Result(paper, score, given))
    return found


def those_that_count(mine: list[Result], how: str) -> list[Result]:
    """The papers that a learner's score is made of: the best, the last, or all of them."""
    match how:
        case "last":
            return mine[-1:]
        case "average":
            return mine
        case _:
            return [max(mine, key=lambda result: result.score.points)] if mine else []


def score_that_counts(quiz: Quiz, mine: list[Result]) -> Score | None:
    """A learner's score in a quiz, by the rules of the class."""
    how = rules_for(quiz.name, mine[0].paper.learner).counts if mine else "best"
    return counted([result.score for result in mine], how)


def shares(quiz: Quiz, found: Mapping[str, list[Result]]) -> dict[str, dict[str, float]]:
    """The share of points of each learner in each question, when they first met it.

    Of a fixed form the first paper alone counts: whoever sees it again remembers it.
    """
    met: dict[str, dict[str, float]] = {}
    for learner, mine in found.items():
        for result in mine[:1] if quiz.form else mine:
            for item in result.counting:
                met.setdefault(learner, {}).setdefault(item, result.points[item])
    return met


def gains(progress: Progress, learner: str | None = None) -> dict[str, tuple[float, float]]:
    """The shares before and after the course, of each learner who did both tests, the first time each."""
    before, after = (
        results(progress, Quiz(form=form), learner=learner) for form in ("pre", "post")
    )
    return {who: (before[who][0].share, after[who][0].share) for who in before if who in after}


def gain_of(progress: Progress, learner: str) -> Gain | None:
    """What a learner gained of what there was to gain, or None before both tests are done."""
    both = gains(progress, learner).get(learner)
    return class_gain([both]) if both else None


def safe(cell: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def as_csv(quiz: Quiz, found: dict[str, list[Result]]) -> str:
    """One row a learner, one column a question; empty where it wasn't on the papers that count."""
    asked = {item for mine in found.values() for result in mine for item in result.items}
    columns = [q.id for q in quiz.bank]
    columns += sorted(asked - set(columns))
    out = StringIO()
    write = csv.writer(out)
    write.writerow(["learner", "score", "out_of", "attempts", "handed_in", *columns])
    for learner, mine in sorted(found.items()):
        score = score_that_counts(quiz, mine)
        assert score is not None
        counting = those_that_count(mine, rules_for(quiz.name, learner).counts)
        row = [safe(learner), f"{score.points:g}", f"{score.out_of:g}", str(len(mine))]
        at = counting[-1].paper.handed_in
        row.append(at.isoformat(timespec="seconds") if at else "time was up")
        row += [_cell(result.points.get(item) for result in counting) for item in columns]
        write.writerow(row)
    return out.getvalue()


def _cell(points: Iterable[float | None]) -> str:
    known = [one for one in points if one is not None]
    return f"{sum(known) / len(known):g}" if known else ""
