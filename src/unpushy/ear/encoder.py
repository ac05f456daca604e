"""A small sentence encoder: hears what no rule names. Needs numpy; loaded at first use, mapped, not copied.

The encoder is all-MiniLM-L6-v2 (Apache-2.0), fine-tuned on `training/corpus` by `training/fit.py`:
six layers of 384 numbers, with one head for the grade and one for the codes. Its weights are whole
numbers of eight bits with one scale a row.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent / "weights"
HEADS = 12
LONGEST = 160  # word pieces that are read; a rewrite has some fifty
DIGITS = (
    3  # of a probability that count, so that the company an answer keeps can't change its grade
)

Array = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True)
class Reading:
    """Probabilities that a line pushes, is plain, invites; and of each code of the rubric."""

    grades: tuple[float, float, float]
    codes: dict[str, float]


class Encoder:
    """The weights, and the way from lines to probabilities."""

    def __init__(self, folder: Path = HERE) -> None:
        about = json.loads((folder / "layout.json").read_text("utf-8"))
        self._whole = np.load(folder / "whole.npy", mmap_mode="r")
        self._real = np.load(folder / "real.npy", mmap_mode="r")
        self._layout = about["layout"]
        self.codes: list[str] = about["codes"]
        self._layers: int = about["layers"]
        self._temperature: float = about["temperature"]
        pieces = (folder / "vocabulary.txt").read_text("utf-8").split("\n")
        self._pieces = {piece: number for number, piece in enumerate(pieces)}

    def _array(self, name: str) -> Array:
        start, shape = self._layout[name]
        return self._real[start : start + int(np.prod(shape))].reshape(shape)

    def _matrix(self, name: str) -> tuple[Array, Array]:
        """A matrix of whole numbers as floats, and the scales of its rows."""
        start, shape = self._layout[name]
        whole = self._whole[start : start + int(np.prod(shape))].reshape(shape)
        return whole.astype(np.float32), self._array(f"{name}.scale")

    def _linear(self, x: Array, name: str) -> Array:
        matrix, scale = self._matrix(f"{name}.weight")
        y = x @ matrix.T
        y *= scale
        y += self._array(f"{name}.bias")
        return y

    def _norm(self, x: Array, name: str) -> Array:
        x = x - x.mean(-1, keepdims=True)
        x /= np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12)
        return x * self._array(f"{name}.weight") + self._array(f"{name}.bias")

    def _embedded(self, ids: np.ndarray[Any, np.dtype[np.int64]]) -> Array:
        start, shape = self._layout["words"]
        whole = self._whole[start : start + int(np.prod(shape))].reshape(shape)[ids]
        x = whole.astype(np.float32) * self._array("words.scale")[ids][..., None]
        x += self._array("positions")[: ids.shape[1]]
        return self._norm(x, "embedding")

    def _layer(self, x: Array, name: str) -> Array:
        lines, length, width = x.shape

        def split(y: Array) -> Array:
            return y.reshape(lines, length, HEADS, width // HEADS).transpose(0, 2, 1, 3)

        query, key, value = (split(self._linear(x, f"{name}.{part}")) for part in ("q", "k", "v"))
        scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(width // HEADS).astype(np.float32)
        scores -= scores.max(-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(-1, keepdims=True)
        mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(lines, length, width)
        x = self._norm(x + self._linear(mixed, f"{name}.o"), f"{name}.norm1")
        inner = self._linear(x, f"{name}.up")
        # GELU in its tanh form, as it was trained.
        inner *= 0.5 * (1 + np.tanh(0.7978845608 * (inner + 0.044715 * inner * inner * inner)))
        return self._norm(x + self._linear(inner, f"{name}.down"), f"{name}.norm2")

    def pieces_of(self, plain: str) -> list[int]:
        """The word pieces of a line's plain form, by number."""
        numbers = [self._pieces["[CLS]"]]
        for word in re.findall(r"\w+|[^\w\s]", _without_accents(plain)):
            numbers += self._word(word)
        return [*numbers[: LONGEST - 1], self._pieces["[SEP]"]]

    def _word(self, word: str) -> list[int]:
        at, found = 0, []
        while at < len(word):
            for end in range(min(len(word), at + 24), at, -1):
                piece = word[at:end] if at == 0 else f"##{word[at:end]}"
                if (number := self._pieces.get(piece)) is not None:
                    found.append(number)
                    at = end
                    break
            else:
                return [self._pieces["[UNK]"]]
        return found

    def read(self, plains: Sequence[str]) -> list[Reading]:
        """Read lines in their plain form; those of the same length go through together."""
        pieces = [self.pieces_of(plain) for plain in plains]
        by_length: dict[int, list[int]] = {}
        for place, numbers in enumerate(pieces):
            by_length.setdefault(len(numbers), []).append(place)
        found: list[Reading | None] = [None] * len(pieces)
        for places in by_length.values():
            for first in range(0, len(places), 32):
                some = places[first : first + 32]
                for place, reading in zip(some, self._read([pieces[p] for p in some]), strict=True):
                    found[place] = reading
        return [reading for reading in found if reading is not None]

    def _read(self, pieces: list[list[int]]) -> list[Reading]:
        x = self._embedded(np.array(pieces))
        for number in range(self._layers):
            x = self._layer(x, f"layer{number}")
        mean = x.mean(1)
        grades = self._linear(mean, "grade") / self._temperature
        grades = np.exp(grades - grades.max(-1, keepdims=True))
        grades /= grades.sum(-1, keepdims=True)
        codes = 1 / (1 + np.exp(-self._linear(mean, "code")))
        return [
            Reading(
                tuple(round(float(p), DIGITS) for p in row),  # type: ignore[arg-type]
                {c: round(float(p), DIGITS) for c, p in zip(self.codes, each, strict=True)},
            )
            for row, each in zip(grades, codes, strict=True)
        ]


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text)
    return "".join(char for char in apart if unicodedata.category(char) != "Mn")


@cache
def encoder() -> Encoder:
    """The encoder, loaded once."""
    return Encoder()
