"""What readers said of other people's answers to the same pushy line: evidence beside rules and encoder.

The same words are welcome in one situation and a push in another: "I'll ring you on Thursday" keeps a promise, or goes
over a no. The encoder reads the line alone. Of the course's own pushy lines, though, many answers each were graded by
readers who knew the situation, and so are the course's own models and near misses; an answer is likelier to be heard as
those were that resemble it. None of their words are here: eight numbers tell where the encoder puts an answer, three how
many readers gave each grade.
"""

import math
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from unpushy.ear import Prompt

FILE = Path(__file__).parent / "weights" / "answers.npz"
NUMBERS = 8  # that tell where the encoder puts an answer
NEAR = 0.2  # how fast an answer counts less, the less it resembles another
DOUBT = 2.0  # answers that count as graded like all the others, so that a few prove little
READERS = 10  # of an answer; one that more have read counts more
DIGITS = 3  # of what is told: the company an answer keeps can't change its grade

Array = np.ndarray[Any, np.dtype[np.float32]]
Odds = tuple[float, float]


def digest(prompt: Prompt) -> str:
    """What a prompt is known by: another one as soon as a letter of it changes."""
    words = f"{prompt.situation}\n{prompt.pushy}".encode()
    return blake2b(words, digest_size=8).hexdigest()


class Answers:
    """Graded answers by the prompts that they answer.

    `middle` and `directions` lead from the mean of an answer's vectors in the encoder's last layer to `places`, all of length 1;
    `votes` are how many readers gave each grade; `prompts` are digests, the answers of one next to each other.
    """

    def __init__(
        self, middle: Array, directions: Array, prompts: list[str], places: Array, votes: Array
    ) -> None:
        self._middle, self._directions = middle, directions
        self._places, self._votes = places, votes
        self._usual = (votes.sum(0) + 1) / (votes.sum() + 3)
        self._of: dict[str, slice] = {}
        for at, prompt in enumerate(prompts):
            first = self._of.get(prompt, slice(at, at)).start
            self._of[prompt] = slice(first, at + 1)

    @classmethod
    def load(cls, file: Path = FILE) -> "Answers":
        """Those that come with the package."""
        with np.load(file) as kept:
            places = kept["places"].astype(np.float32) / 127
            votes = kept["votes"].astype(np.float32)
            return cls(kept["middle"], kept["directions"], kept["prompts"].tolist(), places, votes)

    def place(self, vector: Array) -> Array:
        """Where the encoder puts an answer, seen from the middle of all."""
        place: Array = self._directions @ (vector - self._middle)
        place /= max(float(np.linalg.norm(place)), 1e-6)
        return place

    def odds(self, prompt: Prompt, vector: Array, those: Array | None = None) -> Odds | None:
        """The logarithms of the odds that an answer pushes, and is plain, rather than invites, by those that resemble it;
        nothing if none to this prompt are known. `those` says which of all answers count: 1, or 0."""
        mine = self._of.get(digest(prompt))
        if mine is None:
            return None
        votes = self._votes[mine]
        if those is not None:
            votes = votes * those[mine, None]
        near = np.exp((self._places[mine] @ self.place(vector) - 1) / NEAR)
        said = near @ votes
        many = float(votes.sum()) / READERS
        said *= many / max(float(said.sum()), 1e-9)
        push, plain, invites = (said + self._usual * DOUBT) / (many + DOUBT)
        return round(math.log(push / invites), DIGITS), round(math.log(plain / invites), DIGITS)


@cache
def answers() -> Answers:
    """The graded answers, loaded once."""
    return Answers.load()
