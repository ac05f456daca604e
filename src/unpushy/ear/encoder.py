"""A small sentence encoder: hears what no rule names. Needs numpy; loaded at first use, mapped, not copied.

The encoder is e5-small (MIT), fine-tuned on `training/corpus` by `training/fit.py`: twelve layers of 384 numbers,
with a head for the grade, one for the codes, and one for what each word says of them. Its weights are whole
numbers of eight bits with one scale a row.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent / "weights"
HEADS = 12
LONGEST = 160  # word pieces that are read; a rewrite has some fifty
DIGITS = 3  # of a probability: the company an answer keeps can't change its grade

AT_ONCE = 256  # lines that go through a layer before the next one is unpacked
GROUP = 16  # of them, multiplied together
PARTS = ("q", "k", "v", "o", "up", "down")
QUIETER = 2.5  # how much less a word may weigh than the loudest one, and still be shown with it
GAP = 2  # words in between that weigh less
LOUD = 0.0  # how much a word must weigh for words of its sentence to be shown beside the loudest: as likely to be marked as not
CLEAR = 0.7  # how far a code stands out from the next for the words to be called by its name alone

Array = np.ndarray[Any, np.dtype[np.float32]]
Span = tuple[int, int]
Line = tuple[str, list[int], list[Span]]
Linears = dict[str, tuple[Array, Array, Array]]


@dataclass(frozen=True)
class _Run:
    """Word pieces that follow each other in a sentence, from the first to the last, and how much the loudest weighs."""

    first: int
    last: int
    loudness: float


@dataclass(frozen=True)
class Words:
    """The words of a line's plain form that weigh most for one verdict, from `start` to `end`, and their code.

    `other` is the next likeliest code, where the first doesn't stand out.
    """

    start: int
    end: int
    code: str
    other: str = ""


@dataclass(frozen=True)
class Reading:
    """Probabilities that a line pushes, is plain, invites; the words that push, and those that invite: the loudest
    first, then those of other sentences that are loud by themselves; the mean of its vectors in the last layer."""

    grades: tuple[float, float, float]
    pushing: tuple[Words, ...]
    inviting: tuple[Words, ...]
    vector: Array = field(compare=False, repr=False)


class Encoder:
    """The weights, and the way from lines to probabilities."""

    def __init__(self, folder: Path = HERE) -> None:
        about = json.loads((folder / "layout.json").read_text("utf-8"))
        self._whole = np.load(folder / "whole.npy", mmap_mode="r")
        self._real = np.load(folder / "real.npy", mmap_mode="r")
        self._layout = about["layout"]
        self.codes: list[str] = about["codes"]
        tactics: int = about["tactics"]
        self._sides = (slice(0, tactics), slice(tactics, len(self.codes)))
        self._layers: int = about["layers"]
        self._temperature: float = about["temperature"]
        self._shift = np.array(about["shift"], np.float32)
        self.together, self.answered = (
            tuple(tuple(row.values()) for row in about.get(name, {}).values())
            for name in ("together", "answered")
        )
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

    def _unpacked(self, *names: str) -> Linears:
        """Linear steps by name, with their matrices as floats: the scale of a row is in its column here."""
        return {
            name: (*self._matrix(f"{name}.weight"), self._array(f"{name}.bias")) for name in names
        }

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

    def _layer(self, x: Array, hidden: Array, name: str, linear: Linears) -> Array:
        lines, length, width = x.shape

        def split(part: str) -> Array:
            y = _through(x, linear[f"{name}.{part}"])
            return y.reshape(lines, length, HEADS, width // HEADS).transpose(0, 2, 1, 3)

        query, key, value = split("q"), split("k"), split("v")
        scores: Array = query @ key.transpose(0, 1, 3, 2)
        scores /= np.float32((width // HEADS) ** 0.5)
        scores += hidden
        scores -= scores.max(-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(-1, keepdims=True)
        mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(lines, length, width)
        x = self._norm(x + _through(mixed, linear[f"{name}.o"]), f"{name}.norm1")
        inner = _gelu(_through(x, linear[f"{name}.up"]))
        return self._norm(x + _through(inner, linear[f"{name}.down"]), f"{name}.norm2")

    def pieces_of(self, plain: str) -> tuple[list[int], list[Span]]:
        """The word pieces of a line's plain form, by number, and the place of the word that each is of."""
        numbers, places = [self._pieces["[CLS]"]], [(0, 0)]
        for match in re.finditer(r"\w+|[^\w\s]", _without_accents(plain)):
            found = self._word(match[0])
            numbers += found
            places += [match.span()] * len(found)
        end = self._pieces["[SEP]"]
        return [*numbers[: LONGEST - 1], end], [*places[: LONGEST - 1], (len(plain), len(plain))]

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
        """Read lines in their plain form. Lines of like length go through together, padded."""
        lines = [(plain, *self.pieces_of(plain)) for plain in plains]
        found: dict[int, Reading] = {}
        order = sorted(range(len(lines)), key=lambda place: len(lines[place][1]))
        for first in range(0, len(order), AT_ONCE):
            some = order[first : first + AT_ONCE]
            found |= zip(some, self._read([lines[place] for place in some]), strict=True)
        return [found[place] for place in range(len(lines))]

    def _read(self, lines: list[Line]) -> list[Reading]:
        heads = self._unpacked("grade", "code", "piece")
        return [
            reading
            for group, x, mask in self.vectors(lines)
            for reading in self._judged(group, x, mask, heads)
        ]

    def vectors(self, lines: list[Line]) -> Iterator[tuple[list[Line], Array, Array]]:
        """What the last layer makes of lines and their word pieces, in groups, and which pieces are no padding."""
        groups = [lines[at : at + GROUP] for at in range(0, len(lines), GROUP)]
        masks = [_real([numbers for _, numbers, _ in group]) for group in groups]
        xs = [
            self._embedded(
                np.array([one + [0] * (mask.shape[1] - len(one)) for _, one, _ in group])
            )
            for group, mask in zip(groups, masks, strict=True)
        ]
        hidden = [((mask - 1) * np.float32(1e4))[:, None, None, :] for mask in masks]
        for number in range(self._layers):
            name = f"layer{number}"
            # A layer's weights are unpacked once for all lines.
            linear = self._unpacked(*(f"{name}.{part}" for part in PARTS))
            xs = [self._layer(x, away, name, linear) for x, away in zip(xs, hidden, strict=True)]
        yield from zip(groups, xs, masks, strict=True)

    def _judged(
        self, lines: list[Line], x: Array, real: Array, heads: Linears
    ) -> Iterator[Reading]:
        lengths = real.sum(1, keepdims=True)
        mean = (x * real[..., None]).sum(1) / lengths
        grades = _through(mean, heads["grade"])
        # How much each piece speaks for a push and for an invitation; one that speaks loudly is enough.
        pieces = _through(x, heads["piece"])
        loud = np.exp(pieces) * real[..., None]
        grades[:, [0, 2]] += np.log(loud.sum(1) / lengths)
        grades = (grades + self._shift) / np.float32(self._temperature)
        grades = np.exp(grades - grades.max(-1, keepdims=True))
        grades /= grades.sum(-1, keepdims=True)
        for number, (plain, numbers, places) in enumerate(lines):
            speak = pieces[number, : len(numbers)]
            push, invite = (
                self._words(plain, places, speak[:, side], x[number], heads, codes)
                for side, codes in enumerate(self._sides)
            )
            rounded = tuple(round(float(p), DIGITS) for p in grades[number])
            yield Reading(rounded, push, invite, mean[number])  # type: ignore[arg-type]

    def _words(
        self, plain: str, places: list[Span], speak: Array, x: Array, heads: Linears, codes: slice
    ) -> tuple[Words, ...]:
        """The words around the loudest piece, then around those of other sentences that are loud enough."""
        loudness = [round(float(weight), DIGITS) for weight in speak]
        runs = [_run(sentence, loudness) for sentence in _sentences(plain, places)]
        if not runs:
            return (Words(0, len(plain), self.codes[codes][0]),)
        runs.sort(key=lambda run: -run.loudness)
        shown = [run for run in runs if run is runs[0] or run.loudness >= LOUD]
        return tuple(self._called(run, places, x, heads, codes) for run in shown)

    def _called(
        self, run: _Run, places: list[Span], x: Array, heads: Linears, codes: slice
    ) -> Words:
        """The words of a run of pieces, with their likeliest code."""
        first, last = run.first, run.last
        logits = _through(x[first : last + 1].mean(0, keepdims=True), heads["code"])[0, codes]
        scores = [round(float(logit), DIGITS) for logit in logits]
        best, second = sorted(range(len(scores)), key=lambda n: (-scores[n], n))[:2]
        names = self.codes[codes]
        other = names[second] if scores[best] - scores[second] < CLEAR else ""
        return Words(places[first][0], places[last][1], names[best], other)


def _sentences(plain: str, places: list[Span]) -> list[list[int]]:
    """The pieces of each sentence of a line, by number, without what ends it."""
    found: list[list[int]] = [[]]
    before = 0
    for number, (start, end) in enumerate(places[1:-1], 1):
        if "\n" in plain[before:start]:
            found.append([])
        if plain[start:end] in ".!?;" and not plain[end : end + 1].isalnum():
            found.append([])
        else:
            found[-1].append(number)
        before = end
    return [sentence for sentence in found if sentence]


def _run(sentence: list[int], loudness: list[float]) -> _Run:
    """The run of words around the loudest piece of a sentence."""
    loudest = first = last = max(sentence, key=lambda n: (loudness[n], -n))
    level = min(loudness[loudest] - QUIETER, 0.0)
    for step, end in ((-1, sentence[0] - 1), (1, sentence[-1] + 1)):
        silent, at = 0, loudest
        while (at := at + step) != end and silent <= GAP:
            if loudness[at] < level:
                silent += 1
                continue
            silent = 0
            first, last = min(first, at), max(last, at)
    return _Run(first, last, loudness[loudest])


def _through(x: Array, linear: tuple[Array, Array, Array]) -> Array:
    matrix, scale, bias = linear
    y: Array = (x.reshape(-1, x.shape[-1]) @ matrix.T).reshape(*x.shape[:-1], -1)
    y *= scale
    y += bias
    return y


def _gelu(x: Array) -> Array:
    """GELU in its tanh form, as it was trained."""
    y = x * x
    y *= 0.044715
    y += 1
    y *= x
    y *= 0.7978845608
    np.tanh(y, out=y)
    y += 1
    y *= x
    y *= 0.5
    return y


def _real(pieces: list[list[int]]) -> Array:
    """Where a padded group of lines has pieces of its own."""
    lengths = np.array([len(one) for one in pieces])
    return (np.arange(lengths.max()) < lengths[:, None]).astype(np.float32)


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join(unicodedata.normalize("NFD", char)[0] for char in text)


@cache
def encoder() -> Encoder:
    """The encoder, loaded once."""
    return Encoder()
