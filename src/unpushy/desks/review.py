"""A review of some three minutes: what is due today, asked anew."""

from datetime import UTC, datetime
from typing import Any

from unpushy import course
from unpushy.progress import Progress
from unpushy.progress.review import schedule, session
from unpushy.quiz.sitting import settled


class Review:
    """What is due for one learner."""

    def __init__(self, who: str, progress: Progress) -> None:
        self._who = who
        self._progress = progress

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Reply to `open`."""
        if request.get("do") != "open":
            return {"error": f"There is no request called {request.get('do')!r}."}
        attempts = settled(self._progress, self._who)
        now = datetime.now(UTC)
        items = [
            {"name": "practise" if item in course.exercises() else "ask", "item": item}
            for item in session(attempts, now)
        ]
        return {"items": items, "next": _when([one.at for one in schedule(attempts)], now)}


def _when(dates: list[datetime], now: datetime) -> str:
    """When there is something to review again, in words."""
    coming = [at for at in dates if at > now]
    if not coming:
        return ""
    local = coming[0].astimezone()
    days = (local.date() - now.astimezone().date()).days
    if days <= 1:
        return "The next review is there tomorrow."
    return f"The next review is there on {local:%A}, {local.day} {local:%B}."
