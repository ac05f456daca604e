# nbgrader's settings for this course: solutions/ is its source, exercises/ its release.
from unpushy.assignments.exchange import Collect, FetchFeedback, Submit
from unpushy.assignments.late import LateDays
from unpushy.assignments.preprocessors import MarkRewrites, ReadByTheDoctor, SaveMarks
from unpushy.assignments.release import StateDueDate
from unpushy.assignments.zips import OneFileEach, UnpackWithCare
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
c.Autograde.exporter_class = ReadByTheDoctor
c.Autograde.sanitize_preprocessors = []
c.Autograde.autograde_preprocessors = [MarkRewrites, SaveMarks]

# A due date stands in the learner's notebook, as the clocks of this place show it.
c.GenerateAssignment.preprocessors.insert(0, StateDueDate)
c.StateDueDate.timezone = "UTC"

# What a late submission costs: how many days are free, and what share of the points each later day takes.
c.AssignLatePenalties.plugin_class = LateDays
c.LateDays.free_days = 0.0
c.LateDays.share_a_day = 0.0

# Files come in by nbgrader's exchange or by zip; links in them lead nowhere, and bombs don't go off.
c.ExchangeFactory.submit = Submit
c.ExchangeFactory.collect = Collect
c.ExchangeFactory.fetch_feedback = FetchFeedback
c.ZipCollectApp.extractor_plugin = UnpackWithCare
c.ZipCollectApp.collector_plugin = OneFileEach
