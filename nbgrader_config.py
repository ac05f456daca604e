# nbgrader's settings for this course: solutions/ is its source, exercises/ its release.
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    LimitOutput,
    SaveAutoGrades,
)

from unpushy.assignments.preprocessors import MarkRewrites
from unpushy.judging import PLACEHOLDER

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "bought-not-sold"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "*.py", "*.db", "*.toml"]

# One line stands for an answer that isn't there yet; the marking knows it.
c.ClearSolutions.code_stub = {"python": PLACEHOLDER}
c.ClearSolutions.text_stub = PLACEHOLDER

# Answers are data: nothing that a learner wrote is executed.
c.Autograde.autograde_preprocessors = [
    MarkRewrites,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
