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
import tty
from collections.abc import Callable, Iterator
from typing import Any

from rich.cells import cell_len
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from companion.check.run import CheckError, Python2Error
from companion.check.show import report_of
from companion.learn.exercise import ExerciseError, noted
from companion.learn.lesson import Lesson, body, foot, head, judged_text, resized
from companion.learn.watch import Watch
from companion.virtual.forks import ForkError

TICK = 0.05  # seconds between two looks at the file
KEY = re.compile(r"\x1b\[[\d;]*[A-Za-z~]|.", re.DOTALL)  # a letter, or what a key like Up sends


class Judge:
    """Checks a file in a thread, the newest state of it last."""

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None
        self.again = False
        self.text: str | None = None

    def start(self, lesson: Lesson) -> None:
        """Check the file of the lesson's page, now or as soon as the check before it is over."""
        if self.thread:
            self.again = True
            return
        self.thread = threading.Thread(target=self.judge, args=(lesson,), daemon=True)
        self.thread.start()

    def judge(self, lesson: Lesson) -> None:
        desk, task, file = lesson.desk, lesson.task, lesson.file
        assert task
        assert file
        assert task.exercise
        try:
            report = report_of(file, task)
            noted(desk, task.exercise, report)
            self.text = judged_text(desk, task.exercise, report)
        except Python2Error as err:
            self.text = "\n".join(err.lines[desk.screen.lang])
        except (CheckError, ForkError, OSError) as err:
            self.text = str(err)

    def done(self) -> str | None:
        """What was found, once the thread has ended."""
        if self.thread is None or self.thread.is_alive():
            return None
        self.thread.join()
        self.thread = None
        text, self.text = self.text or "", None
        return text


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
        self.live = Live(console=console, auto_refresh=False, screen=True, redirect_stderr=False)
        self.watch = Watch(lesson.file)
        self.judge = Judge()
        self.drawn: Any = None

    def run(self) -> None:
        """Until the reader leaves. Raises KeyboardInterrupt at Ctrl-C."""
        self.open_page()
        with keys(sys.stdin.fileno()) as read, self.live:
            self.draw()
            while True:
                for key in KEY.findall(read()):
                    if not self.key(key):
                        return
                self.tick()
                self.draw()

    def open_page(self) -> None:
        """Watch the file of this page, and check it where it was changed before."""
        self.watch = Watch(self.lesson.file)
        task, file = self.lesson.task, self.lesson.file
        if task and file and file.read_bytes() != task.start.file.read_bytes():
            self.check()

    def check(self) -> None:
        self.lesson.busy = True
        self.lesson.said = ""
        self.judge.start(self.lesson)

    def tick(self) -> None:
        if self.lesson.file and self.watch.saved():
            self.lesson.other, self.lesson.top = "", 0
            self.check()
        text = self.judge.done()
        if text is None:
            return
        if self.judge.again:
            self.judge.again = False
            if self.lesson.task:
                self.judge.start(self.lesson)
                return
        self.lesson.busy = False
        if self.lesson.task:
            self.lesson.said = text

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
        if lesson.other:
            lesson.other, lesson.top = "", 0
            return True
        if typed in "qQ":
            return False
        does = {
            "n": lambda: self.turn(1),
            "p": lambda: self.turn(-1),
            "h": self.hint,
            "t": lesson.trace,
            "d": lesson.diff,
            "e": self.edit,
            "a": self.ask,
        }
        if action := does.get(typed.lower()):
            action()
        return True

    def turn(self, step: int) -> None:
        self.lesson.go(self.lesson.at + step)
        self.lesson.busy = False
        self.open_page()

    def hint(self) -> None:
        self.lesson.hint()
        self.lesson.top = max(0, len(body(self.lesson)) - self.room())

    def ask(self) -> None:
        exercise = self.lesson.page.exercise
        if exercise and exercise.kind != "build":
            self.lesson.ask()
            self.lesson.typed, self.lesson.said = "", ""

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
        words = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        editor = shlex.split(words)
        if not self.lesson.file or not shutil.which(editor[0]):
            return
        fd = sys.stdin.fileno()
        ours = termios.tcgetattr(fd)
        self.live.stop()
        try:
            subprocess.run(["stty", "sane"], check=False)
            subprocess.run([*editor, str(self.lesson.file)], check=False)
        finally:
            termios.tcsetattr(fd, termios.TCSADRAIN, ours)
            self.live.start()
            self.drawn = None

    def room(self) -> int:
        """How many lines of the page there is room for."""
        return max(1, self.console.size.height - 2)

    def scroll(self, lines: int) -> None:
        last = max(0, len(body(self.lesson)) - self.room())
        self.lesson.top = max(0, min(self.lesson.top + lines, last))

    def draw(self) -> None:
        """Draw the screen, where it is another than before."""
        width, lesson = self.console.size.width, self.lesson
        resized(lesson, width)
        place = (*self.console.size, lesson.at, lesson.top, lesson.desk.progress.done)
        now = (*place, lesson.said, lesson.other, lesson.typed, lesson.busy)
        if now == self.drawn:
            return
        self.drawn = now
        lines = body(lesson)
        room = self.room()
        shown = lines[lesson.top : lesson.top + room]
        more = len(lines) - lesson.top - room
        shown += [""] * (room - len(shown))
        top, bottom = head(lesson), foot(lesson)
        if more > 0:
            note = f"[{lesson.desk.say('more')}]"
            top += " " * max(1, width - cell_len(top) - cell_len(note)) + note
        rows = [Text(top, style="reverse"), *map(Text.from_ansi, shown), Text(bottom, style="bold")]
        for row in rows:
            row.truncate(width)
            row.no_wrap = True
        self.live.update(Group(*rows), refresh=True)


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
    print(lesson.desk.what_next())
    return 0
