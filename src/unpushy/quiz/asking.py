"""A question as it is asked: what a page may see before the answer, and what it is told after."""

from dataclasses import dataclass
from typing import Any

from unpushy import course
from unpushy.course import Question
from unpushy.progress import Attempt
from unpushy.quiz.marking import AnswerError, mark, words_of


@dataclass(frozen=True)
class Drawn:
    """A question on a paper; `order` says which option, or which line to match, stands first, second …"""

    question: Question
    order: tuple[int, ...]

    @property
    def fits(self) -> bool:
        """Whether the order is one of this question's options or lines, as they are now."""
        return sorted(self.order) == list(range(len(self.question.options or self.question.pairs)))

    def shown(self) -> dict[str, Any]:
        """The question as the page may see it before it is answered."""
        question = self.question
        shown: dict[str, Any] = {"kind": question.kind, "prompt": question.prompt}
        if question.options:
            shown["options"] = [question.options[place].text for place in self.order]
        if question.pairs:
            shown["lines"] = [question.pairs[place].line for place in self.order]
            shown["matches"] = question.matches
        if question.kind == "mark":
            shown["words"], _ = words_of(question.line)
        if question.kind == "rewrite":
            exercise = course.exercise(question.exercise)
            shown |= {"situation": exercise.situation, "pushy": exercise.pushy}
        return shown

    def as_written(self, answer: Any) -> Any:
        """An answer in the order of the page, in the order of the content file."""
        if not isinstance(answer, list):
            return answer
        if self.question.options:
            if len(answer) > len(self.order) or not all(
                type(one) is int and 0 <= one < len(self.order) for one in answer
            ):
                raise AnswerError("That is not an answer to this question.")
            return sorted(self.order[place] for place in set(answer))
        if self.question.pairs and len(answer) == len(self.order):
            return [answer[self.order.index(place)] for place in range(len(self.order))]
        return answer

    def on_page(self, answer: Any) -> Any:
        """An answer in the order of the content file, in the order of the page."""
        if self.question.options:
            return [self.order.index(place) for place in answer]
        if self.question.pairs:
            return [answer[place] for place in self.order]
        return answer

    def told(self, attempt: Attempt) -> dict[str, Any]:
        """What is told about an answer once it is given, in the order that the page shows."""
        told = dict(mark(self.question, attempt.answer).told)
        if self.question.options:
            told["options"] = [told["options"][place] for place in self.order]
        if self.question.pairs:
            told |= {
                name: [told[name][place] for place in self.order] for name in ("right", "whys")
            }
        return {
            "answer": self.on_page(attempt.answer),
            "points": attempt.points,
            "outOf": attempt.out_of,
            **told,
        }
