"""The benchmark of the ear: how often it hears what blind graders heard, and how long it takes.

python training/bench.py            the development split
python training/bench.py --test     the test split: look at it rarely, and never tune to it
"""

import json
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from unpushy.ear import hear
from unpushy.judging import Pushy, judge

HERE = Path(__file__).parent
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


def rows(path: Path) -> Iterator[dict]:
    """The objects of a JSONL file."""
    for line in path.read_text("utf-8").splitlines():
        yield json.loads(line)


def items(split: str) -> list[Item]:
    """All graded rewrites of a split."""
    prompts = {row["id"]: row for path in CORPUS.glob("prompts/*.jsonl") for row in rows(path)}
    belongs = set(json.loads((HERE / "split.json").read_text())[split])
    grades = {row["key"]: row for path in CORPUS.glob("grades/*.jsonl") for row in rows(path)}
    found = []
    for kind in ("novices", "aware"):
        for path in sorted(CORPUS.glob(f"{kind}/*.jsonl")):
            for number, row in enumerate(rows(path)):
                key = f"{path.stem}-{number:03}"
                if row["id"] in belongs and key in grades:
                    prompt = Pushy(prompts[row["id"]]["situation"], prompts[row["id"]]["pushy"])
                    grade = grades[key]
                    found.append(
                        Item(
                            key, kind, prompt, row["rewrite"], grade["grade"], tuple(grade["codes"])
                        )
                    )
    return found


def kappa(pairs: list[tuple[int, int]]) -> float:
    """Cohen's kappa of pairs of grades: agreement beyond chance, 1 at best."""
    if not pairs:
        return float("nan")
    left, right = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    seen = sum(a == b for a, b in pairs) / len(pairs)
    chance = sum(left[grade] * right[grade] for grade in left) / len(pairs) ** 2
    return (seen - chance) / (1 - chance) if chance < 1 else float("nan")


def share(part: int, whole: int) -> str:
    """A share in per cent, with its number of cases."""
    return f"{100 * part / whole:5.1f} % of {whole}" if whole else "      – of 0"


def report(found: list[Item], kind: str) -> None:
    """Print the table for one kind of writer."""
    mine = [item for item in found if item.kind == kind]
    graded = [(item, judge(hear(item.rewrite), item.prompt)) for item in mine]
    pairs = [(item.grade, grade.grade) for item, grade in graded]
    print(
        f"\n{kind}: {len(mine)} rewrites, graded 0/1/2: {[sum(a == g for a, _ in pairs) for g in range(3)]}"
    )
    if not mine:
        return
    most = Counter(a for a, _ in pairs).most_common(1)[0][1]
    inviting = [b for a, b in pairs if a == 2]
    passed = [a for a, b in pairs if b == 2]
    others = [b for a, b in pairs if a < 2]
    caught = [(item, grade) for item, grade in graded if item.grade == 0 and grade.grade == 0]
    named = sum(bool(set(item.codes) & set(grade.hearing.push)) for item, grade in caught)
    print(f"  accuracy                         {share(sum(a == b for a, b in pairs), len(pairs))}")
    print(f"  accuracy of the majority grade   {share(most, len(pairs))}")
    print(f"  kappa                             {kappa(pairs):.2f}")
    print(f"  kappa, push or not                {kappa([(a == 0, b == 0) for a, b in pairs]):.2f}")
    print(
        f"  genuine invitations failed       {share(sum(b < 2 for b in inviting), len(inviting))}"
    )
    print(
        f"    … heard as a push              {share(sum(b == 0 for b in inviting), len(inviting))}"
    )
    print(f"  pushes or plain lines passed     {share(sum(b == 2 for b in others), len(others))}")
    print(f"  of what passed, invites          {share(sum(a == 2 for a in passed), len(passed))}")
    print(f"  a right code among those named   {share(named, len(caught))}")


def times(found: list[Item]) -> None:
    """Print how long the quick ear takes."""
    lines = [item.rewrite for item in found]
    for line in lines:
        hear(line, quick=True)
    taken = []
    for line in lines:
        before = time.perf_counter()
        hear(line, quick=True)
        taken.append(1000 * (time.perf_counter() - before))
    taken.sort()
    if taken:
        print(
            f"\nquick reading: median {statistics.median(taken):.2f} ms, 99th percentile {taken[int(0.99 * len(taken))]:.2f} ms"
        )
    code = (
        "import time; t = time.perf_counter(); from unpushy.ear import hear;"
        "hear('You need to sign today.', quick=True); print(1000 * (time.perf_counter() - t))"
    )
    starts = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(7)]
    print(f"import and first quick reading: median {statistics.median(starts):.0f} ms")


if __name__ == "__main__":
    split = "test" if "--test" in sys.argv else "dev"
    all_items = items(split)
    print(f"The ear on the {split} split")
    for kind in ("novices", "aware"):
        report(all_items, kind)
    times(all_items)
