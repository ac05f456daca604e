"""nbgrader's exchange, with names from JupyterHub, and copying that follows no links."""

import os
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect, ExchangeFetchFeedback, ExchangeSubmit

from unpushy.assignments.submissions import copy_plainly

ANYBODY = "*"


def _name_from_the_hub(coursedir: Any) -> None:
    """Under JupyterHub a learner is who the Hub says, whatever the system's user is called."""
    name = os.environ.get("JUPYTERHUB_USER")
    if name and coursedir.student_id == ANYBODY:
        coursedir.student_id = name


class Submit(ExchangeSubmit):
    """`nbgrader submit` under the learner's own name."""

    def init_dest(self) -> None:
        """Find where a submission goes."""
        _name_from_the_hub(self.coursedir)
        super().init_dest()


class FetchFeedback(ExchangeFetchFeedback):
    """`nbgrader fetch_feedback` under the learner's own name."""

    def init_src(self) -> None:
        """Find where feedback is."""
        _name_from_the_hub(self.coursedir)
        super().init_src()


class Collect(ExchangeCollect):
    """`nbgrader collect`, which runs with a teacher's rights on learners' files."""

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy a submission's plain files, and say what was left out."""
        for words in copy_plainly(Path(src), Path(dest)):
            self.log.warning("%s: %s", Path(src).name, words)
