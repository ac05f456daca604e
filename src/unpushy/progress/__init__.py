"""What a learner has done: rows that are only ever added, and drafts, which keep unfinished words."""

from unpushy.progress.store import (
    Attempt,
    Marking,
    Paper,
    Progress,
    StoreError,
    open_progress,
)

__all__ = ["Attempt", "Marking", "Paper", "Progress", "StoreError", "open_progress"]
