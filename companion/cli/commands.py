"""The command line: reads the arguments, calls one function, says its error in one line."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from companion.cli.help import Group
from companion.cli.outputs import is_stdout, opened, refuse_files
from companion.cli.params import (
    AS,
    CLIENT,
    CLIENT_HELP,
    DELAY,
    FAULT,
    FAULT_OR_CHECK,
    FILE,
    JSON,
    LANG,
    NO_PAGER_OPTION,
    OUTPUT,
    PROGRAM,
    STAGE,
    CountType,
    Program,
    named,
    other_program,
    paged,
    played,
    refuse_as,
    refuse_unlike,
    refuse_with_two,
    reported,
    screen_for,
)
from companion.trace.faults import FAULTS
from companion.tutorial.stages import (
    ROOT,
    Stage,
    UnknownStageError,
    is_importable,
    load_map,
    program,
)
from companion.tutorial.toml import TableError

if TYPE_CHECKING:
    from companion.peers.scenario import Scenario


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="twisted-companion", message="%(prog)s %(version)s")
@LANG
@NO_PAGER_OPTION
def companion(lang: str | None) -> None:
    """Run, race, read and test the stages of the asynchronous-programming tutorial."""


@companion.command("help")
@click.argument("command", required=False)
@paged
@click.pass_context
def help_(context: click.Context, command: str | None, lang: str | None) -> None:
    """What companion does, or how a COMMAND is typed."""
    parent = context.parent
    assert parent is not None
    if command is None:
        screen_for(lang).show(parent.get_help())
        return
    _, found, _ = companion.resolve_command(parent, [command])
    assert found is not None
    with found.context_class(found, info_name=command, parent=parent) as inner:
        screen_for(lang).show(found.get_help(inner))


@companion.command("list")
@paged
@JSON
def list_(lang: str | None, as_json: bool) -> None:
    """Every stage, by part of the tutorial."""
    from companion.learn.progress import done
    from companion.tutorial.exercises import load_exercises
    from companion.tutorial.listing import list_json, list_text
    from companion.tutorial.parts import load_parts

    stages = load_map()
    if as_json:
        click.echo(list_json(stages))
    else:
        screen = screen_for(lang)
        solved = done()
        parts = load_parts(load_exercises(stages) if solved else ())
        screen.show(list_text(stages, parts, screen, solved))


@companion.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@LANG
def start(folder: Path, lang: str | None) -> None:
    """Make DIR a folder of your own: the stages and poems, to change.

    Commands that are typed there take its files.
    """
    from companion.render.language import language
    from companion.tutorial.start import StartError
    from companion.tutorial.start import start as make

    with reported(StartError):
        click.echo(make(folder, lang or language()))


@companion.command()
@click.argument("given", type=CLIENT, metavar="STAGE")
@paged
@JSON
def show(given: Stage | Path, lang: str | None, as_json: bool) -> None:
    """What a STAGE or a FILE is, how to run it by hand, and its code."""
    from companion.tutorial.listing import show_json, show_text

    stage = program(given) if isinstance(given, Path) else given
    if as_json:
        click.echo(show_json(stage, load_map()))
    else:
        screen = screen_for(lang)
        screen.show(show_text(stage, load_map(), screen))


@companion.command()
@click.argument("number", required=False)
@click.option("--hints", is_flag=True, help="Show the hint of each exercise.")
@paged
@JSON
def part(number: str | None, hints: bool, lang: str | None, as_json: bool) -> None:
    """What part NUMBER teaches, what to type and see, and its exercises.

    Without a NUMBER, the parts by title.
    """
    from companion.check.run import robust
    from companion.learn.progress import done
    from companion.tutorial import part_page as view_part
    from companion.tutorial import parts
    from companion.tutorial.exercises import load_exercises

    stages, screen = load_map(), screen_for(lang)
    with reported(usage=parts.UnknownPartError):
        every = parts.load_parts(load_exercises(stages))
        chosen = parts.find_part(number, every) if number else None
    if chosen is None:
        if as_json:
            click.echo(view_part.parts_json(every, stages))
        else:
            screen.show(view_part.parts_text(every, screen.lang))
    elif as_json:
        click.echo(view_part.part_json(chosen, stages))
    else:
        asked = robust(chosen.number, stages, screen.lang)
        screen.show(view_part.part_text(chosen, stages, hints, screen, done(), asked))


@companion.command(context_settings={"ignore_unknown_options": True})
@click.option("--virtual", is_flag=True, help="In simulated time: nobody waits.")
@click.option("--json", "as_json", is_flag=True, help="With --virtual: write the events as JSON.")
@AS
@LANG
@click.argument("given", type=CLIENT, metavar="STAGE")
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
def run(
    given: Stage | Path,
    args: tuple[str, ...],
    lang: str | None,
    virtual: bool,
    as_json: bool,
    as_stage: Stage | None,
) -> int:
    """Run a STAGE as a reader would, with the servers that it needs.

    A FILE of your own, with --as before it, gets the servers and arguments of that stage;
    without, it runs with ARGS, as it is.

    ARGS, where there are any, replace the stage's own arguments, and no server is started;
    in simulated time there are always the stage's servers, from port 10000 on.
    The exit status is the stage's.
    """
    # Right after the stage these two are still ours.
    while args[:1] in (("--virtual",), ("--json",)):
        virtual, as_json = virtual or args[0] == "--virtual", as_json or args[0] == "--json"
        args = args[1:]
    refuse_as(as_stage, given)
    own = isinstance(given, Path) and as_stage is None
    stage = program(given) if isinstance(given, Path) and own else played(given, as_stage)
    if as_json and not virtual:
        raise click.UsageError("--json goes with --virtual: companion run --virtual --json hello")
    if virtual:
        from companion.render.language import language
        from companion.virtual.forks import ForkError
        from companion.virtual.show import run_in_virtual_time
        from companion.virtual.stand_ins import VirtualError

        with reported(ForkError, VirtualError):
            return run_in_virtual_time(stage, args, as_json, lang or language())

    if as_stage and stage.is_plugin:
        raise click.UsageError(
            f"twistd finds a plugin by its name, not by its file: companion run --virtual {given}"
            f" --as {as_stage.id}"
        )

    from companion.processes.build import RunError
    from companion.processes.run import run_stage

    def show(command: str) -> None:
        click.echo(f"$ {command}", err=True)

    with reported(RunError):
        return run_stage(stage, args, load_map(), show)


# What follows the stage belongs to the stage, options too.
run.allow_interspersed_args = False


@companion.command()
@click.argument("scripts", nargs=-1, metavar="[A] B")
@click.option("--all", "every", is_flag=True, help="Every step of the map, in reading order.")
@click.option("-u", "--unified", is_flag=True, help="Unified, also where the width allows more.")
@click.option("--full", is_flag=True, help="Unfold the definitions that did not change.")
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write one self-contained page; with --all, a folder of them with an index.",
)
@paged
@JSON
def diff(scripts: tuple[str, ...], every: bool, lang: str | None, **options: Any) -> None:
    """What changes from A to B, or to B from the stage before it.

    A and B are stages, or files of your own. In a pipe it is a unified diff, as patch takes it.
    """
    from companion.diff.show import DiffError, show_diff

    if every == bool(scripts) or len(scripts) > 2:
        raise click.UsageError("name one or two scripts, or --all: companion diff client-4.0")
    refuse_files(html=options["html"])
    with reported(DiffError, usage=UnknownStageError):
        show_diff(load_map(), scripts, screen_for(lang), **options)


@companion.command()
@click.option("--noise", is_flag=True, help="Each noise line, and why it is one.")
@paged
@JSON
def steps(noise: bool, lang: str | None, as_json: bool) -> None:
    """Every step of the map: its lines, definitions, and noise."""
    from companion.diff.show import show_steps

    show_steps(load_map(), screen_for(lang), noise, as_json)


@companion.command()
@click.argument("stage", type=STAGE)
@click.option("-n", "--dry-run", is_flag=True, help="Say what would change; change nothing.")
@click.option("--since", metavar="COMMIT", default="HEAD", help="What to take as the old text.")
@LANG
def carry(stage: Stage, dry_run: bool, since: str, lang: str | None) -> None:
    """Carry your edit in a STAGE to every later stage of its tree.

    The edit is what differs from git's text. Where one stage can't take it, none is changed. It
    goes to the solutions of exercises, too; those that can't take it are named.
    """
    from companion.check.exercise import grown_from
    from companion.diff.carry import CarryError, Tree, summary
    from companion.diff.carry import carry as carry_edit

    stages = load_map()
    with reported(CarryError):
        tree = Tree(stages, since, solutions=grown_from(stages))
        merges = carry_edit(stage, tree, dry_run=dry_run)
    click.echo(summary(stage, merges, dry_run, screen_for(lang).lang))


@companion.command()
@click.argument("stages", type=CLIENT, nargs=-1, metavar="[STAGE]...")
@click.option("--poem", "names", multiple=True, metavar="NAME", help="A poem; may be repeated.")
@click.option(
    "--num-bytes", type=CountType(1), metavar="N", help="Bytes that a server sends at a time."
)
@click.option("--delay", type=DELAY, metavar="S", help="Seconds between two sends.")
@click.option(
    "--servers",
    type=CountType(1, 100),
    metavar="N",
    help="Servers for each stage; one for each poem if left out.",
)
@click.option(
    "--json",
    "json_file",
    metavar="FILE",
    type=OUTPUT,
    help="Keep the events in a file; - is standard output.",
)
@click.option(
    "--svg",
    "svg_file",
    metavar="FILE",
    type=OUTPUT,
    help="Draw the timeline into a file; - is standard output.",
)
@LANG
def race(
    stages: tuple[Stage | Path, ...],
    names: tuple[str, ...],
    lang: str | None,
    json_file: Path | None,
    svg_file: Path | None,
    **options: float | None,
) -> int:
    """Race STAGEs side by side, each with slow servers of its own.

    A STAGE may also be a program of your own that takes the ports of the servers. Without a STAGE:
    the blocking, the select and the first Twisted client. Without a pace: one at which the longest
    poem takes about three seconds. The status is 1 where a stage fails.
    """
    from companion.processes.build import RunError
    from companion.race.course import POEMS, NotAClientError, course_of
    from companion.race.watch import Outputs, watch_race
    from companion.render.language import language
    from companion.render.terminal import say_written
    from companion.tutorial.poems import UnknownPoemError, find_poem

    if not stages:
        stages = tuple(map(load_map().find, ("blocking-client", "async-client", "client-1.0")))
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    refuse_files(json=json_file, svg=svg_file)
    with reported(RunError, usage=(UnknownPoemError, NotAClientError)):
        poems = [find_poem(name) for name in names or POEMS]
        course = course_of(stages, poems, **given)
        files, taken = opened(json=json_file, svg=svg_file)
        screen = sys.stderr if taken else sys.stdout
        outputs = Outputs(screen, files.get("json"), files.get("svg"), lang or language())
        status = watch_race(course, outputs)
    for file in (json_file, svg_file):
        if file and not is_stdout(file):
            say_written(file, outputs.lang)
    return status


@companion.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "stage", type=STAGE, help="The stage that it is to be.")
@click.option("--exercise", metavar="NUMBER", help="The exercise that it is to solve.")
@click.option("--strict", is_flag=True, help="What is beyond the tutorial decides, too.")
@paged
@JSON
def check(
    file: Path,
    stage: Stage | None,
    exercise: str | None,
    strict: bool,
    lang: str | None,
    as_json: bool,
) -> int:
    """Try a FILE of your own: does it do what a STAGE or exercise asks?

    It runs in simulated time, and in real time where that does not cover what it does. First comes
    the cause where something is wrong, then a line a check: what the tutorial asks for and what the
    step is about, which decide the status (1 where one fails), and advice on what a robust program
    does beyond.
    """
    if not file.is_file():
        raise click.UsageError(f"there is no file {file}")
    if (stage is None) == (exercise is None):
        raise click.UsageError("name a stage, or an exercise: --as client-4.0, --exercise 8.1")
    from companion.virtual.forks import ForkError, begin

    begin("virtual")  # it loads Twisted while this process loads the checks
    from companion.check.exercise import find_task
    from companion.check.run import CheckError, SourceError
    from companion.check.show import check_and_show

    with reported(usage=CheckError), reported(SourceError, ForkError):
        asked = stage or find_task(exercise or "", load_map())
        return check_and_show(file, asked, screen_for(lang), as_json, strict)


@companion.command()
@click.argument("number", required=False)
@click.option("--check", "does", flag_value="check", help="Check your file.")
@click.option("--hint", "does", flag_value="hint", help="The next hint.")
@click.option("--diff", "does", flag_value="diff", help="Your file beside the one it starts from.")
@click.option("--reset", "does", flag_value="reset", help="Start anew; your old file is kept.")
@click.option("--solution", "does", flag_value="solution", help="Ours, and what it changes.")
@click.option("--answer", metavar="TEXT", default="", help="Answer a question.")
@click.option("--yes", is_flag=True, help="With --solution: also before a try.")
@paged
@JSON
def exercise(
    number: str | None,
    does: str | None,
    answer: str,
    yes: bool,
    lang: str | None,
    as_json: bool,
) -> int:
    """Do exercise NUMBER, as 8.1, in a file of your own below my.

    Without a NUMBER: which are done, and the next one.
    """
    from companion.check.run import CheckError
    from companion.learn.exercise import ExerciseError
    from companion.learn.show import desk_for, show_exercise
    from companion.tutorial.exercises import UnknownExerciseError
    from companion.virtual.forks import ForkError

    with reported(ExerciseError, CheckError, ForkError, usage=UnknownExerciseError):
        desk = desk_for(load_map(), screen_for(lang))
        return show_exercise(desk, number, does or "", answer=answer, yes=yes, as_json=as_json)


@companion.command()
@click.option(
    "--build",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write it into this folder instead, as files.",
)
@click.option(
    "--port",
    metavar="PORT",
    type=CountType(0, 65535),
    help="Where it is served; any, if left out.",
)
@click.option("--no-open", is_flag=True, help="Only print its address.")
@LANG
def guide(build: Path | None, port: int | None, no_open: bool, lang: str | None) -> int:
    """Open the guide: a page for each part, with runs to step through.

    It is served on this machine alone until Ctrl-C: a race runs in the page, and your file of an
    exercise is checked each time that you save it. As files, which can be opened from disk or put
    on any web server, it does all but that. The pages are in English and in Chinese.
    """
    from companion.guide.pages import Guide, write_guide
    from companion.render.language import language, say
    from companion.render.terminal import say_written
    from companion.tutorial.exercises import load_exercises
    from companion.tutorial.parts import load_parts

    stages, lang = load_map(), lang or language()
    parts = load_parts(load_exercises(stages))
    if build:
        if port is not None or no_open:
            raise click.UsageError("--build serves nothing: leave out --port and --no-open")
        write_guide(Guide(stages, parts), build)
        say_written(build / "index.html", lang)
        return 0

    from twisted.internet.error import CannotListenError

    from companion.guide.serve import open_browser, serve

    def begun(address: str) -> None:
        click.echo(say(lang, "The guide: {} (Ctrl-C ends it)", address))
        if not no_open:
            open_browser(address)

    try:
        status = serve(Guide(stages, parts, served=True), lang, port or 0, begun)
    except CannotListenError as err:
        reason = os.strerror(err.socketError.errno)
        raise click.ClickException(f"can't listen on port {port}: {reason}") from None
    if sys.stdout.isatty():
        click.echo()  # the terminal has shown ^C
    return status


@companion.command()
@LANG
def learn(lang: str | None) -> int:
    """Part after part on one screen: idea, what to type, exercises.

    Your file is checked each time that you save it, in whatever editor.
    """
    from companion.learn.exercise import ExerciseError
    from companion.learn.lesson import Lesson, pages_of
    from companion.learn.screen import learn as learn_on_screen
    from companion.learn.show import desk_for

    with reported(usage=ExerciseError):
        desk = desk_for(load_map(), screen_for(lang), keys=True)
        return learn_on_screen(Lesson(desk, pages_of(desk.parts)))


@companion.command()
@click.argument("typed", type=PROGRAM, required=False, metavar="[STAGE]")
@click.argument("args", nargs=-1, metavar="[B | ARGS]...")
@AS
@click.option(
    "--serve", multiple=True, metavar="PORT=POEM", help="Who is at a port: a poem, a file."
)
@click.option("--client", "clients", multiple=True, metavar="STEPS", help=CLIENT_HELP)
@click.option("--signal", "signals", multiple=True, metavar="SIGINT@2.5", help="Send it a signal.")
@click.option("--stdin", metavar="FILE", type=FILE, help="What it reads from standard input.")
@click.option("--replay", metavar="FILE", type=FILE, help="Show a trace kept with --json.")
@FAULT_OR_CHECK
@click.option("--real", is_flag=True, help="Run it in real time, on the real clock.")
@click.option("--svg", metavar="FILE", type=FILE, help="Draw it into a file.")
@click.option("--html", metavar="FILE", type=FILE, help="Write it as a self-contained page.")
@paged
@JSON
def trace(
    typed: Program | None,
    args: tuple[str, ...],
    as_stage: Stage | None,
    serve: tuple[str, ...],
    clients: tuple[str, ...],
    signals: tuple[str, ...],
    stdin: Path | None,
    replay: Path | None,
    fault: str | None,
    real: bool,
    lang: str | None,
    as_json: bool,
    **files: Path | None,
) -> int:
    """What happens inside a STAGE: its code, the reactor, each Deferred.

    A FILE of your own, with --as, gets the servers, the clients and the arguments of that stage.
    Without, it gets ARGS (after -- where they look like options), a server at each port that it
    connects to, and clients where it listens.

    Two programs, of which one is yours or both are, talk to each other on one clock, each in quotes
    with its arguments: companion trace server.py 'client.py 8000'. Nobody else is there but whoever
    --serve names; --signal is for the first, --stdin for both.

    It runs in simulated time, with its servers; a server gets three clients. The status is 0
    where there is a trace, however the stage ended. In real time it is over when the stage has
    ended, when all have waited for a second without an end in sight, after two minutes, or with
    Ctrl-C.
    """
    from companion.trace.own import OwnError, own, signalled
    from companion.trace.show import Outputs, TraceError, Wanted, show_trace

    given = typed.given if typed else None
    refuse_as(as_stage, given)
    other = other_program(args) if typed else None
    if other:
        refuse_with_two(**{"--as": as_stage, "--with": fault, "--real": real, "--client": clients})
    way, beside, stage = None, None, None
    if typed and (other or isinstance(given, Path)) and as_stage is None:
        stage = typed.stage
        if other:
            beside = other.stage, other.args or other.stage.args
            args = typed.args or stage.args
        elif fault:
            raise click.UsageError("--with needs a stage: mine.py --as client-4.0")
        else:
            args = (*typed.args, *args)
        with reported(usage=OwnError):
            way = own(args, serve, clients, signals, stdin)
    elif isinstance(given, Stage) and args and (near := load_map().near(args[0])):
        raise click.UsageError(f"no stage is called {args[0]!r}; did you mean {near}?")
    elif args or (typed and typed.args) or serve or clients or stdin:
        raise click.UsageError("ARGS, --serve, --client and --stdin go with a file alone")
    else:
        stage = played(given, as_stage) if given else None
    if (stage is None) == (replay is None):
        raise click.UsageError("name a stage, or --replay a FILE: companion trace client-4.0")
    for name, value in (("--with", fault), ("--real", real), ("--signal", signals)):
        if replay and value:
            raise click.UsageError(f"{name} needs a stage to run: companion trace client-4.0")
    refuse_files(**files)
    name = " ".join(named(one.given, *one.args) for one in (typed, other) if one)
    name += f" --as {as_stage.id}" if as_stage else ""
    name += f" --with {fault}" if fault else ""
    with reported(usage=OwnError):
        sent = () if way else tuple(map(signalled, signals))
    outputs = Outputs(screen_for(lang), as_json, **files)
    with scene(given, as_stage, fault or "", real) as found:
        stage, way = found or (stage, way)
        wanted = Wanted(stage, replay, fault or "", real, way, name, sent, beside)
        with reported(TraceError):
            return show_trace(wanted, outputs, sys.stdout)


@contextmanager
def scene(
    given: Stage | Path | None, as_stage: Stage | None, name: str, real: bool
) -> Iterator[tuple[Stage, "Scenario"] | None]:
    """What a check of a file runs, and in which scenario, where it is one that is named."""
    if not name or name in FAULTS:
        yield None
        return
    if not isinstance(given, Path) or as_stage is None:
        raise click.UsageError(f"a check is one of a file: mine.py --as client-4.0 --with {name}")
    from companion.check.run import CheckError
    from companion.check.scene import run_of

    with reported(usage=CheckError), run_of(given, as_stage, name, real) as found:
        yield found


@companion.command()
@click.argument("before", type=CLIENT, metavar="A")
@click.argument("after", type=CLIENT, metavar="B")
@AS
@FAULT
@click.option("--svg", metavar="FILE", type=FILE, help="Draw it into a file.")
@click.option("--html", metavar="FILE", type=FILE, help="Write a page, with the diff of the code.")
@paged
@JSON
def compare(
    before: Stage | Path,
    after: Stage | Path,
    as_stage: Stage | None,
    fault: str | None,
    lang: str | None,
    as_json: bool,
    **files: Path | None,
) -> None:
    """How B behaves beside A, in simulated time with the same poems.

    A and B are stages, or files of your own with --as.
    """
    from companion.trace.show import TraceError
    from companion.trace.show_compare import Form, show_compare

    refuse_files(**files)
    refuse_as(as_stage, before, after)
    one, other = played(before, as_stage), played(after, as_stage)
    refuse_unlike(one, other)
    names = " ".join(named(given) for given in (before, after))
    form = Form(screen_for(lang), f"companion diff {names}", as_json, **files)
    with reported(TraceError):
        show_compare(one, other, fault or "", form)


def main() -> None:
    """The command line, and the status for the shell: Ctrl-C ends at once, with no traceback."""
    prepare_streams()
    if not is_importable():
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    try:
        status = companion.main(prog_name="companion", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as err:
        click.echo(err.format_message())
        sys.exit(2)
    except click.ClickException as err:
        fail(err.format_message(), err.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except TableError as err:
        fail(str(err))
    except OSError as err:
        reason = spoken(err.strerror or str(err))
        fail(spoken(f"can't open {err.filename}: {reason}") if err.filename else reason)
    sys.exit(status if isinstance(status, int) else 0)


def prepare_streams() -> None:
    """See to it that both outputs can be written, whether they are closed or know few letters."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def fail(message: str, status: int = 1) -> NoReturn:
    """End with an error, said in one line whatever is in it, in the reader's language."""
    from companion.render.text import visible

    click.echo(f"companion: {visible(spoken(message))}", err=True)
    sys.exit(status)


def spoken(message: str) -> str:
    """A message in the language of the command line."""
    from companion.render.language import language_in, translated

    return translated(language_in(sys.argv[1:]), message)
