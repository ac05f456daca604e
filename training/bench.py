"""The benchmark of the ear: how often it hears what blind graders heard, and how long it takes.

python training/bench.py            the development split
python training/bench.py --test     the test split: look at it rarely, and never tune to it
python training/bench.py --fresh    situations and people that came after everything else: the same holds
python training/bench.py --apart    rewrites turned by one small change, of situations that the encoder has learnt from
python training/bench.py --course   answers to the course's own lines by people of whom it knows nothing, where it knows other answers to them
python training/bench.py --later    of what came last, people whom the encoder hasn't learnt from: moments of novices' own, answers to these, and rewrites at the hard spots
"""

import json
import random
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from unpushy import course
from unpushy.ear import Hearing, hear, hear_all
from unpushy.ear.encoder import encoder
from unpushy.ear.text import read
from unpushy.judging import Pushy, judge

HERE = Path(__file__).parent
STOCK = [
    "No pressure!", "It's totally your call.", "Feel free to ask me anything.", "No rush at all.", "Just let me know.",
    "Whatever you decide is fine by me.", "Take your time.", "It's entirely up to you.", "Happy to help!",
]  # fmt: skip
CORPUS = HERE / "corpus"


@dataclass(frozen=True)
class Item:
    """A rewrite with the grade that a blind reader gave it."""

    key: str
    kind: str
    prompt: Pushy
    rewrite: str
    grade: int
    codes: tuple[str, ...]
    moment: bool = False  # of the writer's own work


def rows(path: Path) -> Iterator[dict]:
    """The objects of a JSONL file."""
    for line in path.read_text("utf-8").splitlines():
        yield json.loads(line)


def items(split: str) -> list[Item]:
    """All graded rewrites of a split: `train`, `dev`, `test` or `fresh`, by their prompts (the course's own lines are for training, and so
    are moments that their writers thought of themselves, and what others answered to these);
    or, on the prompts for training, those of writers who are kept out of it to weigh with (`weigh`), and turned ones to measure with (`apart`);
    or those of the last writers, kept out of it to measure with, too (`later`);
    or answers to the course's own lines of people who are kept out of it: known when other answers to them are heard (`answers`), and to measure with (`course`)."""
    prompts = {
        row["id"]: Pushy(row["situation"], row["pushy"])
        for path in CORPUS.glob("prompts/*.jsonl")
        for row in rows(path)
    }
    whole = json.loads((HERE / "split.json").read_text())
    kept_out = ("weigh", "apart", "later", "answers", "course")
    for_training = split in ("train", *kept_out)
    belongs = set(whole["train" if for_training else split])
    if for_training:
        for ident, line in course.exercises().items():
            prompts[ident] = Pushy(line.situation, line.pushy)
        moments = {
            f"{path.stem}-{number:03}": Pushy(row["situation"], row.get("pushy", ""))
            for path in CORPUS.glob("moments/*.jsonl")
            for number, row in enumerate(rows(path))
        }
        prompts |= moments
        belongs |= course.exercises().keys() | moments.keys()
    grades = {row["key"]: row for path in CORPUS.glob("grades/*.jsonl") for row in rows(path)}

    def use(writer: str) -> str:
        return next((kept for kept in kept_out if writer in whole[kept]), "train")

    found = []
    for kind in ("novices", "aware"):
        for path in sorted(CORPUS.glob(f"{kind}/*.jsonl")):
            if for_training and use(path.stem) != split:
                continue
            for number, row in enumerate(rows(path)):
                key = f"{path.stem}-{number:03}"
                if row["id"] in belongs and key in grades:
                    grade, codes = grades[key]["grade"], tuple(grades[key]["codes"])
                    found.append(Item(key, kind, prompts[row["id"]], row["rewrite"], grade, codes))
    for path in sorted(CORPUS.glob("moments/*.jsonl")):
        if use(path.stem) != split:
            continue
        for number, row in enumerate(rows(path)):
            key = f"{path.stem}-{number:03}"
            grade, codes = grades[key]["grade"], tuple(grades[key]["codes"])
            item = Item(key, "novices", prompts[key], row["rewrite"], grade, codes, moment=True)
            found.append(item)
    return found


@dataclass(frozen=True)
class Sentence:
    """What a seller says at once in a talk or a letter, with its grade and codes."""

    words: str
    grade: int
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Talk:
    """A whole talk or letter, with the grade of all that the seller says, and of each sentence."""

    key: str
    text: str
    grade: int
    said: tuple[Sentence, ...]


def talks(split: str) -> list[Talk]:
    """The whole texts of a split: `train`, `dev` or `test`."""
    mine = json.loads((HERE / "split.json").read_text())["texts"][split]
    return [
        Talk(
            row["key"],
            row["text"],
            row["grade"],
            tuple(Sentence(one["words"], one["grade"], tuple(one["codes"])) for one in row["said"]),
        )
        for name in mine
        for row in rows(CORPUS / "texts" / f"{name}.jsonl")
    ]


def kappa(pairs: list[tuple[int, int]]) -> float:
    """Cohen's kappa of pairs of grades: agreement beyond chance, 1 at best."""
    if not pairs:
        return float("nan")
    left, right = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    seen = sum(a == b for a, b in pairs) / len(pairs)
    chance = sum(left[grade] * right[grade] for grade in left) / len(pairs) ** 2
    return (seen - chance) / (1 - chance) if chance < 1 else float("nan")


def share(cases: list[bool]) -> float:
    """The share of cases that are so; no number where there are none."""
    return sum(cases) / len(cases) if cases else float("nan")


Verdict = tuple[int, frozenset[str], float]


def baselines(found: list[Item]) -> dict[str, list[Verdict]]:
    """What simpler ways get: words and letters counted and weighted, and a lexicon of feelings.

    Both are fitted to the training split; they need the packages of the group `bench`, and are left out without.
    """
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline, make_union
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        return {}
    train = items("train")
    lines, grades = [item.rewrite for item in train], [item.grade for item in train]
    counted = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True),
        ),
        LogisticRegression(C=4, max_iter=400, class_weight="balanced"),
    ).fit(lines, grades)
    likely = counted.predict_proba([item.rewrite for item in found])
    feelings = SentimentIntensityAnalyzer()

    def felt(line: str) -> list[float]:
        said = feelings.polarity_scores(line)
        return [said["neg"], said["neu"], said["pos"], said["compound"]]

    by_feeling = LogisticRegression(max_iter=400, class_weight="balanced").fit(
        [felt(line) for line in lines], grades
    )
    felt_as = by_feeling.predict_proba([felt(item.rewrite) for item in found])
    return {
        name: [(int(row.argmax()), frozenset(), float(row.max())) for row in table]
        for name, table in (("n-grams", likely), ("sentiment", felt_as))
    }


def verdicts(found: list[Item]) -> dict[str, list[Verdict]]:
    """Grade, codes of pushes and confidence for each item, by each of the ways to hear that are compared."""
    rules = [judge(hear(item.rewrite, quick=True), item.prompt) for item in found]
    lines, whole = (
        [
            judge(hearing, item.prompt)
            for hearing, item in zip(
                hear_all([item.rewrite for item in found], about=about), found, strict=True
            )
        ]
        for about in (None, [item.prompt for item in found])
    )
    alone = encoder().read([read(item.rewrite).plain for item in found])
    most = Counter(item.grade for item in found).most_common(1)[0][0] if found else 2
    return {
        "majority": [(most, frozenset(), 0.0)] * len(found),
        **baselines(found),
        "rules": [(g.grade, frozenset(g.hearing.push), g.confidence) for g in rules],
        "encoder": [
            (
                max(range(3), key=one.grades.__getitem__),
                frozenset([one.pushing[0].code]),
                max(one.grades),
            )
            for one in alone
        ],
        "line alone": [(g.grade, frozenset(g.hearing.push), g.confidence) for g in lines],
        "whole ear": [(g.grade, frozenset(g.hearing.push), g.confidence) for g in whole],
    }


def weighted(pairs: list[tuple[int, int]]) -> float:
    """Quadratic-weighted kappa: a grade that is off by two weighs four times one that is off by one."""
    left, right = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    seen = sum((a - b) ** 2 for a, b in pairs) / len(pairs)
    chance = sum(left[a] * right[b] * (a - b) ** 2 for a in left for b in right) / len(pairs) ** 2
    return 1 - seen / chance if chance else float("nan")


def macro_f1(pairs: list[tuple[int, int]]) -> float:
    """The mean over the grades of the harmonic mean of precision and recall."""
    scores = []
    for grade in range(3):
        both = sum(a == b == grade for a, b in pairs)
        either = sum(a == grade for a, _ in pairs) + sum(b == grade for _, b in pairs)
        scores.append(2 * both / either if either else 0.0)
    return sum(scores) / 3


def report(found: list[Item], kind: str) -> None:
    """Print the table for one kind of writer: a column for each way to hear."""
    mine = [item for item in found if item.kind == kind]
    counts = [sum(item.grade == grade for item in mine) for grade in range(3)]
    print(f"\n{kind}: {len(mine)} rewrites; graded 0, 1, 2: {counts}")
    if not mine:
        return
    columns = verdicts(mine)
    print(" " * 36 + "".join(f"{name:>11}" for name in columns))
    rows_of: dict[str, list[float]] = {}
    for given in columns.values():
        pairs = [(item.grade, verdict[0]) for item, verdict in zip(mine, given, strict=True)]
        inviting = [b for a, b in pairs if a == 2]
        others = [b for a, b in pairs if a < 2]
        caught = [
            (item, verdict)
            for item, verdict in zip(mine, given, strict=True)
            if item.grade == 0 and verdict[0] == 0
        ]
        sure = [
            item.grade == verdict[0]
            for item, verdict in zip(mine, given, strict=True)
            if verdict[2] >= 0.8
        ]
        for name, value in {
            "accuracy": share([a == b for a, b in pairs]),
            "macro-F1": macro_f1(pairs),
            "kappa": kappa(pairs),
            "kappa, quadratic weights": weighted(pairs),
            "kappa, push or not": kappa([(a == 0, b == 0) for a, b in pairs]),
            "genuine invitations failed": share([b < 2 for b in inviting]),
            "  of these heard as a push": share([b == 0 for b in inviting]),
            "pushes or plain lines passed": share([b == 2 for b in others]),
            "a right code where a push is caught": share(
                [bool(set(i.codes) & v[1]) for i, v in caught]
            ),
            "sure (confidence 0.8 and over)": len(sure) / len(mine),
            "right where sure": share(sure),
        }.items():
            rows_of.setdefault(name, []).append(value)
    for name, values in rows_of.items():
        print(f"  {name:34}" + "".join(f"{value:11.3f}" for value in values))


def by_writer(found: list[Item]) -> None:
    """Print how the whole ear does with each writer who hadn't seen the rubric."""
    mine = [item for item in found if item.kind == "novices"]
    heard = hear_all([item.rewrite for item in mine], about=[item.prompt for item in mine])
    grades = [judge(one, item.prompt).grade for one, item in zip(heard, mine, strict=True)]
    print(
        "\nthe whole ear, by novice writer: rewrites, accuracy, invitations failed, others passed"
    )
    for writer in sorted({item.key.rpartition("-")[0] for item in mine}):
        pairs = [
            (item.grade, grade)
            for item, grade in zip(mine, grades, strict=True)
            if item.key.rpartition("-")[0] == writer
        ]
        failed = share([b < 2 for a, b in pairs if a == 2])
        passed = share([b == 2 for a, b in pairs if a < 2])
        right = share([a == b for a, b in pairs])
        print(f"  {writer:8}{len(pairs):5}{right:8.2f}{failed:8.2f}{passed:8.2f}")


def pushes_marked(talk: Talk, hearing: Hearing) -> list[tuple[bool, bool]]:
    """For each sentence of a talk's seller whether it pushes, and whether words that push are marked in it."""
    spans = [(one.start, one.end) for one in hearing.catches if one.pushes and not one.weak]
    told, at = [], 0
    for one in talk.said:
        start = talk.text.index(one.words, at)
        at = start + len(one.words)
        told.append((one.grade == 0, any(a < at and b > start for a, b in spans)))
    return told


def whole_texts(found: list[Talk]) -> None:
    """Print how well the ear hears whole letters and talks."""
    print("\nletters and talks, written down: texts, right grade, push or not (kappa);")
    print("  pushing sentences, marked of them, marked ones that push")
    for name in sorted({talk.key.rpartition("-")[0] for talk in found}):
        mine = [talk for talk in found if talk.key.rpartition("-")[0] == name]
        for way, quick in (("rules", True), ("whole ear", False)):
            heard = [hear(talk.text, quick=quick) for talk in mine]
            pairs = [(talk.grade, one.grade) for talk, one in zip(mine, heard, strict=True)]
            told = [
                pair
                for talk, one in zip(mine, heard, strict=True)
                for pair in pushes_marked(talk, one)
            ]
            print(
                f"  {name:10}{way:10}{len(mine):5}{share([a == b for a, b in pairs]):8.2f}{kappa([(a == 0, b == 0) for a, b in pairs]):8.2f}"
                f"{sum(push for push, _ in told):8}{share([hit for push, hit in told if push]):8.2f}{share([push for push, hit in told if hit]):8.2f}"
            )


def attacks(found: list[Item]) -> None:
    """Print how often a push is lifted by what is put around it, and how often a salad of kind words passes."""
    heard = hear_all([item.rewrite for item in found], about=[item.prompt for item in found])
    caught = [
        item
        for item, one in zip(found, heard, strict=True)
        if item.grade == 0 and judge(one, item.prompt).grade == 0
    ]
    ways = {
        "before": lambda line, phrase: f"{phrase} {line}",
        "after": lambda line, phrase: f"{line} {phrase}",
        "around": lambda line, phrase: f"{phrase} {line} {phrase}",
    }
    print("\nattacks")
    for name, way in ways.items():
        tried = [way(item.rewrite, STOCK[place % len(STOCK)]) for place, item in enumerate(caught)]
        told = hear_all(tried, about=[item.prompt for item in caught])
        lifted = share([one.grade == 2 for one in told])
        print(f"  stock phrases {name} a caught push lift it: {lifted:.3f} of {len(tried)}")
    kind = [item.rewrite for item in found if item.grade == 2]
    words = [word for line in kind for word in re.findall(r"[\w']+", line.lower())]
    chance = random.Random(1)
    salads = [" ".join(chance.choices(words, k=chance.randint(6, 16))) for _ in range(300)]
    about = [chance.choice(found).prompt for _ in salads]
    passed = share([one.grade == 2 for one in hear_all(salads, about=about)])
    print(f"  salads of inviting words passed: {passed:.3f} of {len(salads)}")


def times(found: list[Item]) -> None:
    """Print how long the ear takes."""
    lines = [item.rewrite for item in found]
    for name, quick in (("quick reading", True), ("whole ear", False)):
        hear(lines[0], quick=quick)
        taken = []
        for line in lines:
            before = time.perf_counter()
            hear(line, quick=quick)
            taken.append(1000 * (time.perf_counter() - before))
        taken.sort()
        late = taken[int(0.99 * len(taken))]
        print(f"{name}: median {statistics.median(taken):.2f} ms, 99th percentile {late:.2f} ms")
    before = time.perf_counter()
    hear_all((lines * 1000)[:1000])
    print(f"1,000 rewrites at once: {time.perf_counter() - before:.1f} s")
    for name, quick in (
        ("import and first quick reading", True),
        ("import and first whole reading", False),
    ):
        code = (
            "import time; t = time.perf_counter(); from unpushy.ear import hear;"
            f"hear('You need to sign today.', quick={quick}); print(1000 * (time.perf_counter() - t))"
        )
        starts = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(7)]
        print(f"{name}: median {statistics.median(starts):.0f} ms")


if __name__ == "__main__":
    split = next(
        (n for n in ("test", "fresh", "apart", "later", "course") if f"--{n}" in sys.argv), "dev"
    )
    all_items = items(split)
    print(f"The ear on the {split} split")
    for kind in ("novices", "aware"):
        report(all_items, kind)
    by_writer(all_items)
    if split in ("dev", "test"):
        whole_texts(talks(split))
    attacks(all_items)
    times(all_items)
