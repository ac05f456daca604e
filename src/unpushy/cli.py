"""The command line: `unpushy hear`, `unpushy judge`, `unpushy course`."""

import json
import sys
from collections.abc import Callable, Iterator
from queue import Queue
from threading import Thread
from typing import Annotated, Any

import typer

from unpushy import __version__
from unpushy.assignments import commands
from unpushy.cli_quiz import data_app, quiz_app
from unpushy.ear import Hearing, hear, hear_all
from unpushy.feedback import buyer_answers, explain, points
from unpushy.judging import Pushy, judge

app = typer.Typer(
    help="Bought, Not Sold: hear what pushes in a seller's line, and learn to invite instead.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(quiz_app, name="quiz", no_args_is_help=True)
app.add_typer(data_app, name="data", no_args_is_help=True)

_GRADES = {0: "pushes", 1: "plain", 2: "invites"}
HANDFUL = 256
Quick = Annotated[bool, typer.Option("--quick", help="Use the rules alone.")]
Jsonl = Annotated[bool, typer.Option("--jsonl", help="Read and write JSON objects, one a line.")]


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _objects(keys: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The JSON objects of stdin, checked to hold text under each key; a bad one names its line."""
    for number, raw in enumerate(sys.stdin.buffer, 1):
        if not raw.strip():
            continue
        try:
            found = json.loads(raw)
        except ValueError as error:
            _fail(f"stdin, line {number}: not JSON ({error})")
        if not isinstance(found, dict):
            _fail(f"stdin, line {number}: not a JSON object")
        for key in keys:
            if not isinstance(found.get(key), str):
                _fail(f"stdin, line {number}: '{key}' is missing or not text")
        yield found


def _in_hands(found: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Objects by the handful, for the ear hears many lines at once more quickly; but never waiting for
    more while one is there, so that a program may ask line by line."""
    read: Queue[Any] = Queue(2 * HANDFUL)
    end = object()

    def fill() -> None:
        try:
            for one in found:
                read.put(one)
            read.put(end)
        except BaseException as error:  # handed on to whoever reads
            read.put(error)

    Thread(target=fill, daemon=True).start()
    last = None
    while last is None:
        some: list[dict[str, Any]] = []
        while last is None and len(some) < HANDFUL and (not some or not read.empty()):
            one = read.get()
            if isinstance(one, dict):
                some.append(one)
            else:
                last = one
        if some:
            yield some
    if isinstance(last, BaseException):
        raise last


def _as_object(hearing: Hearing, grade: int, confidence: float) -> dict[str, Any]:
    return {
        "grade": grade,
        "push": hearing.push,
        "pull": hearing.pull,
        "catches": [
            {"code": c.code, "start": c.start, "end": c.end, "words": c.words}
            for c in hearing.catches
            if not c.weak
        ],
        "confidence": round(confidence, 3),
    }


def _write(found: dict[str, Any]) -> None:
    # Lone surrogates from a JSON escape can't be written as UTF-8; escaped they can.
    sys.stdout.write(json.dumps(found, ensure_ascii=True) + "\n")
    sys.stdout.flush()


def _stdin_or(text: str | None, ask: str) -> str:
    if text is not None:
        return text
    if sys.stdin.isatty():
        typer.echo(ask, err=True)
    return sys.stdin.buffer.read().decode("utf-8", "replace").rstrip("\n")


def _say(hearing: Hearing, headline: str) -> None:
    typer.echo(headline)
    for point in points(hearing):
        typer.echo("")
        typer.echo(
            f"  {'pushes ' if point.pushes else 'invites'}  “{point.words}”: {point.name.lower()}"
        )
        typer.echo(f"           the buyer hears: {point.hears}")
        typer.echo(f"           {point.why}")
        if point.pushes:
            typer.echo(f"           Try: {point.instead}")
    typer.echo("")
    typer.echo(f"  The buyer: {buyer_answers(hearing)}")


@app.command("hear")
def hear_command(
    line: Annotated[
        str | None, typer.Argument(help="What the seller says; stdin if left out.")
    ] = None,
    jsonl: Jsonl = False,
    quick: Quick = False,
) -> None:
    """Hear a line: what pushes in it, what invites, and what the buyer hears."""
    if jsonl:
        for some in _in_hands(_objects(("line",))):
            for hearing in hear_all([one["line"] for one in some], quick=quick):
                _write(_as_object(hearing, hearing.grade, hearing.confidence))
        return
    hearing = hear(_stdin_or(line, "Type a line, then Ctrl-D."), quick=quick)
    if not hearing.line.strip():
        _fail('There is no line to hear. Try: unpushy hear "You need to sign today."')
    _say(
        hearing,
        f"It {_GRADES[hearing.grade]}."
        if hearing.grade != 1
        else "It is plain: it neither pushes nor invites.",
    )


@app.command("judge")
def judge_command(
    rewrite: Annotated[str | None, typer.Argument(help="The rewrite; stdin if left out.")] = None,
    situation: Annotated[str, typer.Option(help="Who says it to whom, and when.")] = "",
    pushy: Annotated[str, typer.Option(help="The pushy line that was rewritten.")] = "",
    jsonl: Jsonl = False,
    quick: Quick = False,
) -> None:
    """Grade a rewrite of a pushy line: 0 pushes, 1 plain, 2 invites."""

    if jsonl:
        for some in _in_hands(_objects(("situation", "pushy", "rewrite"))):
            prompts = [Pushy(one["situation"], one["pushy"]) for one in some]
            hearings = hear_all([one["rewrite"] for one in some], quick, prompts)
            for hearing, prompt in zip(hearings, prompts, strict=True):
                grade = judge(hearing, prompt)
                row = _as_object(hearing, grade.grade, grade.confidence)
                _write(row | {"kind": grade.kind})
        return
    prompt = Pushy(situation, pushy)
    hearing = hear(_stdin_or(rewrite, "Type the rewrite, then Ctrl-D."), quick, prompt)
    grade = judge(hearing, prompt)
    _say(grade.hearing, f"Grade {grade.grade}. {explain(grade).headline}")


@app.command()
def course(
    port: Annotated[
        int, typer.Option(help="The port to use; another is taken if it is busy.")
    ] = 8765,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Start the course on this machine and open it in the browser."""
    from unpushy.server.home import run

    run(port=port, browser=browser)


@app.command("class")
def class_(
    port: Annotated[int, typer.Option(help="The port to listen at.")] = 8766,
    host: Annotated[
        str, typer.Option(help="The address to listen at; 0.0.0.0 for the whole local network.")
    ] = "127.0.0.1",
    code: Annotated[
        str, typer.Option(help="The code to join by; one is made if none is given.")
    ] = "",
) -> None:
    """Serve the course to a class: pages behind a login, and nothing else."""
    from unpushy.server.locked import run

    run(port=port, host=host, code=code)


@app.command()
def room(
    port: Annotated[int, typer.Option(help="The port to listen at.")] = 8767,
    host: Annotated[
        str,
        typer.Option(
            help="The address to listen at; as it is, the whole local network can join. 127.0.0.1 to try it by yourself."
        ),
    ] = "0.0.0.0",  # noqa: S104 - phones in the room have to reach it
    code: Annotated[
        str, typer.Option(help="The code to join by; one is made if none is given.")
    ] = "",
    new: Annotated[
        bool, typer.Option("--new", help="A new room; the last one is put aside.")
    ] = False,
) -> None:
    """Run a workshop: a page for the trainer, one for the projector, and everybody's phone."""
    from unpushy.server.room import run

    run(port=port, host=host, code=code, new=new)


@app.command()
def exercises() -> None:
    """Make exercises/ anew from solutions/ (for teachers and developers)."""
    from unpushy.assignments.release import ReleaseError, assignments, generate
    from unpushy.server.places import course_folder

    folder = course_folder()
    try:
        generate(folder, folder / "exercises")
    except ReleaseError as error:
        _fail(str(error))
    typer.echo("Made anew: " + ", ".join(assignments(folder)))


@app.command()
def lessons() -> None:
    """Write anew what lessons/ show where nothing runs (for authors and developers)."""
    from unpushy.course import CourseError
    from unpushy.in_print import print_anew
    from unpushy.server import places

    try:
        written = print_anew(places.lessons())
    except CourseError as error:
        _fail(str(error))
    typer.echo("Made anew: " + ", ".join(written) if written else "Every lesson is up to date.")


commands.add(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run a command; a reader that goes away early is no error."""
    run: Callable[[], None] = app
    try:
        run()
    except BrokenPipeError:
        sys.stderr.close()
