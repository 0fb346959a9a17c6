"""The guide on loopback: who may ask for what, and who answers.

An answer is given only to who has the token of the printed address, which a cookie keeps from then
on, and only where Host and Origin are the guide's own. What can be asked for are pages by their
names, races of stages of the map, and the exercises with the reader's files in the folder `my`.
"""

import queue
import secrets
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from companion.diff.definitions import SourceError
from companion.guide.exercises import Studies
from companion.guide.pages import Guide, NoPageError
from companion.guide.policy import policy
from companion.guide.races import Races, TooManyError
from companion.guide.words import WORDS
from companion.learn.exercise import ExerciseError
from companion.render.language import LANGUAGES, translated
from companion.trace.show import TraceError
from companion.tutorial.stages import UnknownStageError
from companion.virtual.forks import ForkError

reactor: Any = the_reactor
T = TypeVar("T")
LONGEST = 20_000  # bytes of what a page may send
HEADERS = {
    "content-security-policy": policy(),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
TYPES = {"css": "text/css", "js": "text/javascript", "html": "text/html"}


class Worker:
    """A thread that takes one call after the other. It ends with the process: at Ctrl-C nobody
    waits for what it does."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.start = self.calls.put
        threading.Thread(target=self.work, daemon=True).start()

    def work(self) -> None:
        while True:
            self.calls.get()()

    def result(self, call: Callable[[], T], request: Any = None) -> Deferred[T]:
        """What a call gives, or the failure that it raises. A call for a request is left out where
        nobody waits for its answer any more."""
        found: Deferred[T] = Deferred()
        left: list[object] = []
        if request:
            request.notifyFinish().addErrback(left.append)

        def work() -> None:
            try:
                if left:
                    raise ConnectionAbortedError
                result = call()
            except Exception as err:
                reactor.callFromThread(found.errback, err)
            else:
                reactor.callFromThread(found.callback, result)

        self.start(work)
        return found


@dataclass(frozen=True)
class Answer:
    """What is sent back; `place` is where the browser shall go instead."""

    text: str
    code: int = 200
    kind: str = "text/plain"
    place: str = ""


class GuideRequest(Request):
    """A request that may not be long."""

    def gotLength(self, length: int | None) -> None:
        if length is None or length > LONGEST:
            channel: Any = self.channel
            channel.loseConnection()
        else:
            super().gotLength(length)  # type: ignore[no-untyped-call]


class Desk(Resource):
    """Whoever asks comes here."""

    isLeaf = True

    def __init__(self, guide: Guide, lang: str, token: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.guide, self.lang, self.token = guide, lang, token
        self.port = 0  # known once somebody listens
        self.pages, self.programs = Worker(), Worker()
        self.races = Races(guide.stages)
        self.studies = Studies(guide, self.programs.start)

    def render(self, request: Any) -> int:
        """Answer, or refuse to; what takes time is done in a thread."""
        left: list[object] = []
        request.notifyFinish().addErrback(left.append)
        found = Deferred.fromCoroutine(self.answer_or_reason(request))
        found.addCallback(lambda answer: None if left else send(request, answer))
        return NOT_DONE_YET

    def lang_of(self, request: Any) -> str:
        lang = request.path.strip(b"/").partition(b"/")[0].decode("ascii", "replace")
        return lang if lang in LANGUAGES else self.lang

    async def answer_or_reason(self, request: Any) -> Answer:
        """The answer, or why there is none, in one line."""
        lang = self.lang_of(request)
        words = WORDS[lang]
        try:
            return await self.answer(request)
        except (NoPageError, UnknownStageError):
            return Answer(f"{words['no page']}\n", 404)
        except TooManyError:
            return Answer(f"{words['too many']}\n", 503)
        except (TraceError, ForkError, ExerciseError, SourceError, OSError) as err:
            return Answer(f"{translated(lang, str(err))}\n", 422)
        except Exception:
            traceback.print_exc()
            return Answer(f"{words['broken']}\n", 500)

    async def answer(self, request: Any) -> Answer:
        if refused := self.refusal(request):
            return refused
        path = request.path.decode("ascii", "replace").removeprefix("/")
        if path == "" and request.method in (b"GET", b"HEAD"):
            request.addCookie(self.cookie, self.token, path="/", httpOnly=True, sameSite="strict")
            return Answer("", 303, place=f"/{self.lang}/index.html")
        lang, _, name = path.partition("/")
        number, slash, what = name.removeprefix("exercise-").partition("/")
        if request.method == b"POST":
            if lang in LANGUAGES and name == "race":
                return self.race(request)
            if lang in LANGUAGES and name.startswith("exercise-") and not slash:
                return await self.do(request, lang, number.removesuffix(".html"))
        elif request.method in (b"GET", b"HEAD"):
            if lang in LANGUAGES and name.startswith("race/"):
                return self.standing(name.removeprefix("race/"), lang)
            if lang in LANGUAGES and name.startswith("exercise-"):
                return await self.exercise(request, number, what, lang)
            text = await self.pages.result(lambda: self.guide.page(path), request)
            return Answer(text, kind=TYPES[path.rpartition(".")[2]])
        raise NoPageError(path)

    @property
    def cookie(self) -> str:
        """Its name: a browser has one set of cookies for all ports of a host."""
        return f"companion-{self.port}"

    def refusal(self, request: Any) -> Answer | None:
        """Why there is no answer, if so."""
        words = WORDS[self.lang_of(request)]
        hosts = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost")}
        if request.getHeader("host") not in hosts:
            return Answer(f"{words['elsewhere']}\n", 421)
        origin = request.getHeader("origin")
        ours: set[str | None] = {f"http://{host}" for host in hosts}
        if request.method in (b"GET", b"HEAD"):
            ours.add(None)  # a browser names no origin where nothing is sent
        if origin not in ours:
            return Answer(f"{words['foreign']}\n", 403)
        given = request.args.get(b"token", [b""])[0] if request.path == b"/" else b""
        cookie = request.getCookie(self.cookie.encode()) or b""
        if not any(secrets.compare_digest(one, self.token.encode()) for one in (given, cookie)):
            return Answer(f"{words['no token']}\n", 403)
        return None

    def race(self, request: Any) -> Answer:
        """Begin a race; where to ask how it stands."""
        key = self.races.begin((field(request, "one"), field(request, "other")))
        return Answer(f"race/{key}")

    def standing(self, key: str, lang: str) -> Answer:
        markup = self.races.markup(key, lang)
        if markup is None:
            raise NoPageError(key)
        return Answer(markup, kind="text/html")

    async def exercise(self, request: Any, number: str, what: str, lang: str) -> Answer:
        """The page of an exercise, or what it shows of the reader's file."""
        studies = self.studies
        calls: dict[str, Callable[[str, str], str]] = {
            "": lambda number, lang: studies.page(html_name(number), lang),
            "report": studies.report,
            "trace.html": studies.trace,
            "diff.html": studies.difference,
        }
        if what not in calls:
            raise NoPageError(what)
        worker = self.programs if what.endswith(".html") else self.pages  # what may take long
        text = await worker.result(lambda: calls[what](number, lang), request)
        return Answer(text, kind="text/html")

    async def do(self, request: Any, lang: str, number: str) -> Answer:
        """Do what a form of an exercise's page asks for."""
        what, text = field(request, "do"), field(request, "text")
        said = await self.pages.result(lambda: self.studies.do(number, lang, what, text))
        if what != "answer" and not said:
            return Answer("", 303, place=request.path.decode("ascii"))
        page = await self.pages.result(lambda: self.studies.page(number, lang, said))
        return Answer(page, kind="text/html")


def field(request: Any, name: str) -> str:
    """What a form has in a field, "" for nothing."""
    return str(request.args.get(name.encode(), [b""])[0].decode("utf-8", "replace"))


def html_name(name: str) -> str:
    """A page's name without its end. Raises NoPageError."""
    if not name.endswith(".html"):
        raise NoPageError(name)
    return name.removesuffix(".html")


def send(request: Any, answer: Answer) -> None:
    """Send an answer, with what holds for all."""
    request.setResponseCode(answer.code)
    for name, value in HEADERS.items():
        request.setHeader(name, value)
    request.setHeader("content-type", f"{answer.kind}; charset=utf-8")
    if answer.place:
        request.setHeader("location", answer.place)
    body = answer.text.encode()
    request.setHeader("content-length", str(len(body)))
    request.write(body)
    request.finish()


class GuideSite(Site):
    """Keeps no log of who has asked for what."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, requestFactory=GuideRequest)  # type: ignore[no-untyped-call]

    def log(self, request: Any) -> None:
        pass
