"""What a learner has done: attempts, which are only ever added, and drafts, which keep unfinished words."""

from unpushy.progress.store import Attempt, Progress, StoreError, open_progress

__all__ = ["Attempt", "Progress", "StoreError", "open_progress"]
