"""Late days: what a late submission costs, by whichever rule nbgrader is told to use."""

from typing import Any

from nbgrader.api import Gradebook, SubmittedNotebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Float

DAY = 24 * 60 * 60


class LateDays(LateSubmissionPlugin):
    """Takes a share of the points for every day begun after the days that are free."""

    free_days = Float(0.0, help="Days a submission may be late at no cost.").tag(config=True)
    share_a_day = Float(0.0, help="Share of the points, 0 to 1, for each later day begun.").tag(
        config=True
    )

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """The points that a submission loses for being so many seconds late."""
        days = total_seconds_late / DAY - self.free_days
        if days <= 0 or not self.share_a_day:
            return None
        begun = int(days) + (days > int(days))
        return float(min(score, score * self.share_a_day * begun))


def late_rule(parent: Any) -> AssignLatePenalties:
    """nbgrader's rule for late submissions, as its configuration has it."""
    rule = AssignLatePenalties(parent=parent)
    rule.init_plugin()
    return rule


def penalise(gradebook: Gradebook, entry: SubmittedNotebook, rule: AssignLatePenalties) -> None:
    """Set what a notebook loses for being late, as nbgrader would."""
    entry.late_submission_penalty = None
    late = entry.assignment.total_seconds_late
    if late > 0:
        gradebook.db.flush()
        gradebook.db.refresh(entry, ["score"])
        student = entry.assignment.student_id
        points = rule.plugin_inst.late_submission_penalty(student, entry.score, late)
        if points is not None:
            entry.late_submission_penalty = rule._check_late_penalty(entry, points)
