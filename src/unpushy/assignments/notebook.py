"""What an assignment's set-up cell imports: `score`, and with it %%rewrite in this kernel."""

from unpushy.assignments.cells import score
from unpushy.assignments.magic import ready

ready()

__all__ = ["score"]
