"""The one screen of `companion learn`: keys, the reader's file as it is saved, and what is drawn.

A check runs in a thread of its own, and the reader's program in a process of its own whose output
is kept from the terminal: neither can stop the keys, or write over the screen.
"""

import contextlib
import io
import os
import re
import select
import shlex
import shutil
import subprocess
import sys
import termios
import threading
import traceback
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from companion.learn.exercise import ExerciseError, changed, files_of
from companion.learn.lesson import Lesson, Page, body, foot, head, resized
from companion.learn.watch import Watch

TICK = 0.05  # seconds between two looks at the file
KEY = re.compile(r"\x1b\[[\d;]*[A-Za-z~]|.", re.DOTALL)  # a letter, or what a key like Up sends


@dataclass(frozen=True)
class Job:
    """What is to be found out for a page: a check of the file there, or a trace of it."""

    page: Page
    kind: Literal["check", "trace"]
    find: Callable[[], str]


class Worker:
    """Does one job after another, in a thread, so that keys go on; the newest is done last."""

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None
        self.job: Job | None = None
        self.waiting: Job | None = None
        self.text = ""

    def start(self, job: Job) -> None:
        """Do this, now or as soon as what is being done is over."""
        if self.thread:
            self.waiting = job
            return
        self.job = job
        self.thread = threading.Thread(target=self.work, args=(job,), daemon=True)
        self.thread.start()

    def work(self, job: Job) -> None:
        """Take what was found; a fault of ours, too, which must not be printed over the screen."""
        try:
            self.text = job.find()
        except Exception as err:
            self.text = "".join(traceback.format_exception(err))

    def done(self) -> tuple[Job, str] | None:
        """What was found, once the thread has ended; not what is found anew already."""
        if self.thread is None or self.thread.is_alive():
            return None
        self.thread.join()
        job, self.thread, self.job = self.job, None, None
        assert job
        following, self.waiting = self.waiting, None
        if following:
            self.start(following)
            if (following.page, following.kind) == (job.page, job.kind):
                return None
        return job, self.text


@contextlib.contextmanager
def keys(fd: int) -> Iterator[Callable[[], str]]:
    """Keys as they are typed; the terminal is as it was in the end. Gives what reads those that
    are there, "" for none."""
    before = termios.tcgetattr(fd)

    def read() -> str:
        if not select.select([fd], [], [], TICK)[0]:
            return ""
        data = os.read(fd, 1024)
        if not data:
            raise EOFError
        while data[-1] & 0x80 and len(data) < 4096:  # a letter of more bytes may not be whole
            try:
                return data.decode()
            except UnicodeDecodeError:
                if not select.select([fd], [], [], TICK)[0]:
                    break
                data += os.read(fd, 1024)
        return data.decode(errors="ignore")

    try:
        tty.setcbreak(fd)
        yield read
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


class Learning:
    """The screen, what stands on it, and what a key does."""

    def __init__(self, lesson: Lesson, console: Console) -> None:
        self.lesson, self.console = lesson, console
        self.watch = Watch(())
        self.worker = Worker()
        self.size = console.size
        self.shown: list[Text] = []  # the rows that stand on the screen

    def run(self) -> None:
        """Until the reader leaves. Raises KeyboardInterrupt at Ctrl-C."""
        with keys(sys.stdin.fileno()) as read, self.console.screen():
            self.open_page()
            while True:
                self.draw()
                for key in KEY.findall(read()):
                    if not self.key(key):
                        return
                self.tick()

    def open_page(self) -> None:
        """Watch the file of this page, and check it where it was changed before; or ask what is
        asked there, which may take a run, with the page on the screen."""
        task = self.lesson.task
        self.watch = Watch(file for _, file in files_of(task)) if task else Watch(())
        if task and changed(task):
            self.check()
        self.draw()
        self.lesson.ask()

    def check(self) -> None:
        self.lesson.busy = True
        self.lesson.said = ""
        self.worker.start(Job(self.lesson.page, "check", self.lesson.check_text))

    def trace(self) -> None:
        if self.lesson.task:
            self.lesson.busy = True
            self.worker.start(Job(self.lesson.page, "trace", self.lesson.trace_text))

    def tick(self) -> None:
        """See whether the file was saved, and whether something was found out."""
        lesson = self.lesson
        if self.watch.saved():
            lesson.other, lesson.top = "", 0
            self.check()
        found = self.worker.done()
        if found is None or found[0].page != lesson.page:
            return
        job, text = found
        lesson.busy = self.worker.job is not None and self.worker.job.page == lesson.page
        if job.kind == "check":
            lesson.said = text
        else:
            lesson.look(text)

    def key(self, typed: str) -> bool:
        """Do what a key says; False where the reader leaves."""
        lesson = self.lesson
        if lesson.typed is not None:
            self.type(typed)
            return True
        page = max(1, self.console.size.height - 3)
        scrolled = {" ": page, "\x1b[6~": page, "\x1b[5~": -page, "\x1b[B": 1, "\x1b[A": -1}
        if typed in (*scrolled, "j", "k"):
            self.scroll(scrolled.get(typed, 1 if typed == "j" else -1))
            return True
        if typed == "\x0c":  # Ctrl-L: something else has written on the screen
            self.shown = []
            return True
        if lesson.other:
            lesson.back()
            return True
        if typed in "qQ":
            return False
        does = {
            "n": lambda: self.turn(1),
            "p": lambda: self.turn(-1),
            "h": lesson.hint,
            "t": self.trace,
            "d": lesson.diff,
            "e": self.edit,
            "s": lesson.solution,
            "a": self.ask,
            "y": lesson.had,
        }
        if action := does.get(typed.lower()):
            action()
        return True

    def turn(self, step: int) -> None:
        self.lesson.go(self.lesson.at + step)
        self.lesson.busy = False
        self.open_page()

    def ask(self) -> None:
        exercise = self.lesson.page.exercise
        if exercise and exercise.kind != "build":
            self.lesson.ask()
            self.lesson.typed = ""

    def type(self, letter: str) -> None:
        """A letter of an answer."""
        lesson = self.lesson
        assert lesson.typed is not None
        if letter in "\r\n":
            text, lesson.typed = lesson.typed, None
            lesson.answer(text)
        elif letter == "\x1b":
            lesson.typed = None
        elif letter in "\x7f\b":
            lesson.typed = lesson.typed[:-1]
        elif letter.isprintable():
            lesson.typed += letter

    def edit(self) -> None:
        """Open the file in the reader's editor, and come back."""
        if not self.lesson.file:
            return
        editor = editor_words()
        if not editor:
            self.lesson.said = self.lesson.desk.say("no editor")
            return
        fd = sys.stdin.fileno()
        ours = termios.tcgetattr(fd)
        self.console.show_cursor(True)
        self.console.set_alt_screen(False)
        try:
            subprocess.run(["stty", "sane"], check=False)
            subprocess.run([*editor, str(self.lesson.file)], check=False)
        finally:
            termios.tcsetattr(fd, termios.TCSADRAIN, ours)
            self.console.set_alt_screen(True)
            self.console.show_cursor(False)
            self.shown = []

    def room(self) -> int:
        """How many lines of the page there is room for."""
        return max(1, self.console.size.height - 2)

    def scroll(self, lines: int) -> None:
        last = max(0, len(body(self.lesson)) - self.room())
        self.lesson.top = max(0, min(self.lesson.top + lines, last))

    def draw(self) -> None:
        """Write the rows that are other than before, and no more: the line may be slow."""
        if self.console.size != self.size:
            self.size, self.shown = self.console.size, []
        resized(self.lesson, self.size.width)
        rows = self.rows()
        new = [(n, row) for n, row in enumerate(rows) if self.shown[n : n + 1] != [row]]
        if not new:
            return
        with self.console.capture() as written:
            for _, row in new:
                self.console.print(row, end="\n", soft_wrap=True)
        lines = written.get().split("\n")
        clear = "" if self.shown else "\x1b[2J"
        parts = (f"\x1b[{n + 1}H{line}\x1b[K" for (n, _), line in zip(new, lines, strict=False))
        sys.stdout.write(clear + "".join(parts))
        sys.stdout.flush()
        self.shown = rows

    def rows(self) -> list[Text]:
        """What is to stand on the screen: head, as much of the page as there is room for, foot."""
        width, lesson, room = self.size.width, self.lesson, self.room()
        lines = body(lesson)
        page = list(lines[lesson.top : lesson.top + room])
        page += [Text()] * (room - len(page))
        top = head(lesson)
        if len(lines) > lesson.top + room:
            note = f"[{lesson.desk.say('more')}]"
            top += " " * max(1, width - cell_len(top) - cell_len(note)) + note
        rows = [Text(top, style="reverse"), *page, Text(foot(lesson), style="bold")]
        for row in rows:
            row.truncate(width)
        return rows[: self.size.height]


def editor_words() -> list[str]:
    """The reader's editor as a command; else one that there is; [] for none."""
    wanted = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    for words in (wanted, "editor", "nano", "vi"):
        command = shlex.split(words or "")
        if command and shutil.which(command[0]):
            return command
    return []


def learn(lesson: Lesson) -> int:
    """Take the reader through the parts until he leaves; the exit status.

    Raises ExerciseError where there is no terminal, or his files can't be written.
    """
    console = Console(highlight=False)
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or console.is_dumb_terminal:
        raise ExerciseError(lesson.desk.say("no terminal"))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter
    lesson.begin()
    Learning(lesson, console).run()
    following, desk = lesson.next_exercise(), lesson.desk
    kept = desk.say("kept in", desk.progress.path)
    goes_on = desk.say("goes on", following.id) if following else desk.say("all done")
    print(desk.screen.paragraph(kept), desk.screen.paragraph(goes_on), sep="\n")
    return 0
