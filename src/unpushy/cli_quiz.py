"""What a teacher does with quizzes, and anybody with their data, on the command line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any

import typer

quiz_app = typer.Typer(help="Quizzes, for teachers: rules, receipts, marks, gradebook, exports.")
data_app = typer.Typer(help="What is kept of a learner: have it, or have it deleted.")

Named = Annotated[str, typer.Argument(metavar="QUIZ", help="Such as quiz-01 or pre-test.")]
Only = Annotated[str, typer.Option("--quiz", help="This quiz alone, such as quiz-01.")]


@contextmanager
def _said() -> Iterator[None]:
    """End with a line in plain words where something is wrong."""
    from unpushy.course import CourseError
    from unpushy.progress import StoreError

    try:
        yield
    except (CourseError, StoreError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def _progress() -> Any:
    from unpushy.progress import open_progress

    return open_progress()


@quiz_app.command()
def rules() -> None:
    """Check the class file (UNPUSHY_CLASS), and say what holds for each quiz."""
    from unpushy.quiz.rules import AT_HOME, our_class
    from unpushy.quiz.sitting import quizzes

    with _said():
        here = our_class()
        for quiz in quizzes():
            rules = here.quizzes[quiz.name] if here else AT_HOME
            opens = [f"It opens on {rules.day(rules.opens)}."] if rules.opens else []
            typer.echo(f"{quiz.name}: {' '.join([*opens, *rules.in_words()])}")
        for more in here.extensions if here else ():
            typer.echo(
                f"{more.learner}, {more.quiz or 'all quizzes'}: +{more.minutes} minutes, "
                f"+{more.attempts} attempts"
                + (f", until {more.due.isoformat()}" if more.due else "")
            )


@quiz_app.command()
def receipt(
    learner: Annotated[str, typer.Argument(help="Whose marks.")],
    quiz: Only = "",
    item: Annotated[str, typer.Option(help="This question alone.")] = "",
) -> None:
    """Show what each mark of a learner rests on."""
    from unpushy.quiz.marks import receipt as receipt_of
    from unpushy.quiz.sitting import quiz_named

    with _said():
        named = quiz_named(quiz).name if quiz else None
        found = [
            one for one in _progress().attempts(learner, item or None, quiz=named) if one.sitting
        ]
    if not found:
        typer.echo(f"There are no such marks of '{learner}'.", err=True)
        raise typer.Exit(2)
    typer.echo("\n\n".join(map(receipt_of, found)))


@quiz_app.command()
def regrade(
    quiz: Only = "",
    write: Annotated[bool, typer.Option("--write", help="Add the new marks.")] = False,
) -> None:
    """Mark graded papers again with the keys of today. Shows the difference; --write adds the marks."""
    from unpushy.quiz import marks
    from unpushy.quiz.sitting import quiz_named

    with _said():
        changes = list(marks.regrade(_progress(), quiz_named(quiz) if quiz else None))
        for change in changes:
            one = change.attempt
            where = f"{one.learner}  {one.sitting}  {one.item}"
            if change.problem:
                typer.echo(f"{where}: stays at {change.before:g}. {change.problem}")
            else:
                note = f" (overruled; {one.points:g} stays in force)" if change.overruled else ""
                typer.echo(f"{where}: {change.before:g} -> {change.after:g}{note}")
        new = [change.marking for change in changes if change.marking]
        if not new:
            typer.echo("No mark would change.")
        elif write:
            _progress().mark_anew(new)
            typer.echo(f"{len(new)} marks were added. The old ones are kept.")
        else:
            typer.echo(f"{len(new)} marks would change. Nothing is written; --write does it.")


@quiz_app.command()
def overrule(
    learner: Annotated[str, typer.Argument(help="Whose answer.")],
    item: Annotated[str, typer.Argument(help="The question's id.")],
    points: Annotated[float, typer.Argument(help="The points it gets.")],
    reason: Annotated[str, typer.Option(help="Why; the learner sees it.")],
    paper: Annotated[str, typer.Option(help="The paper, if it was answered on several.")] = "",
    by: Annotated[str, typer.Option(help="Who decides; your user name if left out.")] = "",
) -> None:
    """Give an answer other points. It stays so, whatever a key says later."""
    from unpushy.quiz import marks

    with _said():
        done = marks.overrule(_progress(), learner, item, points, reason, by or getuser(), paper)
        typer.echo(marks.receipt(done))


@quiz_app.command()
def publish(
    quiz: Only = "",
    course: Annotated[
        Path | None, typer.Option(help="The course's folder, with its nbgrader_config.py.")
    ] = None,
    formgrader: Annotated[
        bool, typer.Option("--formgrader", help="List the quizzes in the formgrader as well.")
    ] = False,
) -> None:
    """Write the marks of graded quizzes into nbgrader's gradebook, as often as you like."""
    from unpushy.quiz import gradebook
    from unpushy.quiz.sitting import quiz_named
    from unpushy.server.places import course_folder

    with _said():
        folder = (course or course_folder()).resolve()
        only = [quiz_named(quiz).name] if quiz else []
        published = gradebook.publish(_progress(), folder, only)
        for one in published:
            typer.echo(f"{one.quiz}: {one.learners} learners, {one.changed} marks new or changed")
        if not published:
            typer.echo("There are no graded papers yet.")
        if formgrader:
            for made in gradebook.list_in_formgrader(folder, published):
                typer.echo(f"{made} makes the formgrader list it.")


@quiz_app.command("csv")
def csv_command(quiz: Named) -> None:
    """Write a table of a quiz: one row a learner, one column a question."""
    from unpushy.quiz.results import as_csv, results
    from unpushy.quiz.sitting import quiz_named

    with _said():
        found = quiz_named(quiz)
        sys.stdout.write(as_csv(found, results(_progress(), found)))


@quiz_app.command()
def gift(
    quiz: Annotated[str, typer.Argument(metavar="[QUIZ]", help="All quizzes if left out.")] = "",
) -> None:
    """Write questions in Moodle's GIFT format, of the kinds that Moodle has."""
    from unpushy.quiz.gift import as_gift
    from unpushy.quiz.sitting import quiz_named, quizzes

    with _said():
        for one in [quiz_named(quiz)] if quiz else quizzes():
            sys.stdout.write(as_gift(one.bank, f"Bought, Not Sold/{one.title}") + "\n")


@data_app.command("export")
def export_data(learner: Annotated[str, typer.Argument(help="Whose data; 'me' at home.")]) -> None:
    """Write all that is kept of a learner, as JSON."""
    with _said():
        typer.echo(_progress().as_json(learner))


@data_app.command("delete")
def delete_data(
    learner: Annotated[str, typer.Argument(help="Whose data; 'me' at home.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Delete all that is kept of a learner, for good."""
    with _said():
        kept = {name: len(rows) for name, rows in _progress().everything(learner).items() if rows}
        if not kept:
            typer.echo(f"Nothing is kept of '{learner}'.")
            return
        listed = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in kept.items())
        typer.echo(f"Of '{learner}' there are {listed}.")
        if not yes:
            typer.confirm("Delete all of it, for good?", abort=True)
        typer.echo(f"{_progress().forget(learner)} rows are deleted.")
