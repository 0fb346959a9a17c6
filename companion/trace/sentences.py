"""A sentence for each event of a trace: what happens there, in the words of the chapters."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from companion.event import (
    Close,
    Closing,
    Ended,
    Enter,
    Event,
    Exit,
    Fired,
    Leave,
    Open,
    Print,
    Ran,
    Reactor,
    Sent,
    Start,
    Unseen,
    Wait,
)
from companion.render.text import visible
from companion.trace.turns import MAIN, TIMERS, TO_DEFERRED, Task, is_own, task_of
from companion.trace.words import UNSEEN, event_text, how_text, say, task_text, wait_text

TEXTS = {
    "en": {
        "end": "{}.",
        "script": "the script",
        "task": "In {}: {}",
        "server": "server {}",
        "client": "client {}",
        "start": "the program starts: {command}",
        "print": "{function} prints: {text}",
        "print blank": "{function} prints an empty line",
        "print stderr": "{function} prints, to standard error: {text}",
        "printed": "printed: {text}",
        "printed blank": "an empty line is printed",
        "printed stderr": "printed, to standard error: {text}",
        "ended": "the program ends with status {status}",
        "ended so": "the run ends here: it {}",
        "interrupt": "the run is broken off",
        "wait": "{who} waits {text}",
        "wait stage": "{who} itself waits {text}, and does nothing else",
        "reactor": "the reactor",
        "listen": "the server of {poem} listens",
        "open": "the connection with {end} is open",
        "open poem": "the connection with {end} is open: the poem is {poem}, of {size:,} bytes",
        "sent lane": "{bytes:,} bytes arrive from {end}",
        "sent client": "{end} sends {bytes:,} bytes",
        "read": "the program reads {bytes:,} bytes from {end}",
        "got": "{end} takes {bytes:,} bytes",
        "close": "the connection with {end} has ended: {how}",
        "lost": "the program leaves {end} with bytes unread",
        "closing": "{function} asks for the end of a connection",
        "closing it": "{function} asks for the end of the connection with {end}",
        "run": "Python runs the script, from its first line",
        "calls": "{who} calls {function}",
        "calls for": "{who} calls {function}, for {end}",
        "calls by": "the library calls {function}, in line {at} of {who}",
        "goes on": "{function} goes on, from where it yielded",
        "begins": "{function} begins",
        "returned": "{function} returns {value}",
        "returned nothing": "{function} returns",
        "yielded": "{function} yields {value}, and stops here until it is called again",
        "raised": "{function} raises {value}",
        "already": "{function} raises {value}, for D{deferred} had been fired before",
        "already in": "{function} raises {value}, for D{deferred} had been fired before, in line"
        " {first}",
        "runs loop": "{function} calls reactor.run: from now on the reactor calls the code",
        "returns loop": "the call of reactor.run returns, and {function} goes on",
        "misuse": "{calls} is called in another thread than the reactor's",
        "once": "{}; a Deferred can be fired only once",
        "runs": "D{deferred} calls {function}, the {side} of pair {pair}, with {took}",
        "ran": "{function} gave {gave}: D{deferred} goes on with this result",
        "ran failed": "{function} gave a failure, {gave}: D{deferred} goes on with it",
        "ran raised": "{function} raised {gave}: with this failure D{deferred} goes on",
        "passed callback": "pair {pair} of D{deferred} has no callback: {gave} passes it by",
        "passed errback": "pair {pair} of D{deferred} has no errback: {gave} passes it by",
    },
    "zh": {
        "end": "{}。",
        "script": "脚本",
        "task": "在 {} 中：{}",
        "server": "服务器 {}",
        "client": "客户端 {}",
        "start": "程序启动：{command}",
        "print": "{function} 打印：{text}",
        "print blank": "{function} 打印一个空行",
        "print stderr": "{function} 打印到标准错误：{text}",
        "printed": "打印：{text}",
        "printed blank": "打印一个空行",
        "printed stderr": "打印到标准错误：{text}",
        "ended": "程序结束，退出状态 {status}",
        "ended so": "运行到此为止：{}",
        "interrupt": "运行被中断",
        "wait": "{who} 等待：{text}",
        "wait stage": "{who} 自己等待：{text}，其间什么也不做",
        "reactor": "reactor",
        "listen": "{poem} 的服务器开始监听",
        "open": "与{end} 的连接已建立",
        "open poem": "与{end} 的连接已建立：诗是 {poem}，共 {size:,} 字节",
        "sent lane": "从{end} 到达 {bytes:,} 字节",
        "sent client": "{end} 发送 {bytes:,} 字节",
        "read": "程序从{end} 读取 {bytes:,} 字节",
        "got": "{end} 收到 {bytes:,} 字节",
        "close": "与{end} 的连接结束：{how}",
        "lost": "程序离开了{end}，还有字节未读",
        "closing": "{function} 请求结束一个连接",
        "closing it": "{function} 请求结束与{end} 的连接",
        "run": "Python 从第一行开始运行脚本",
        "calls": "{who} 调用 {function}",
        "calls for": "{who} 为{end} 调用 {function}",
        "calls by": "库在 {who} 的第 {at} 行中调用 {function}",
        "goes on": "{function} 从 yield 处继续",
        "begins": "{function} 开始",
        "returned": "{function} 返回 {value}",
        "returned nothing": "{function} 返回",
        "yielded": "{function} yield {value}，并停在这里，直到再次被调用",
        "raised": "{function} 抛出 {value}",
        "already": "{function} 抛出 {value}，因为 D{deferred} 已经触发过",
        "already in": "{function} 抛出 {value}，因为 D{deferred} 已经在第 {first} 行触发过",
        "runs loop": "{function} 调用 reactor.run：从现在起由 reactor 调用代码",
        "returns loop": "对 reactor.run 的调用返回，{function} 继续",
        "misuse": "{calls} 在 reactor 之外的线程中被调用",
        "once": "{}；一个 Deferred 只能触发一次",
        "runs": "D{deferred} 以 {took} 调用第 {pair} 对的 {side}：{function}",
        "ran": "{function} 给出 {gave}：D{deferred} 带着这个结果继续",
        "ran failed": "{function} 给出一个失败 {gave}：D{deferred} 带着它继续",
        "ran raised": "{function} 抛出 {gave}：D{deferred} 带着这个失败继续",
        "passed callback": "D{deferred} 的第 {pair} 对没有 callback：结果 {gave} 直接通过",
        "passed errback": "D{deferred} 的第 {pair} 对没有 errback：失败 {gave} 直接通过",
    },
}


def sentences(events: Iterable[Event], lang: str) -> Iterator[str]:
    """A sentence an event, in their order."""
    speaker = Speaker(lang)
    for event in events:
        text = speaker.sentence(event)
        if task_of(event) != MAIN:
            text = speaker.say("task", task_text(task_of(event), lang), text)
        if lang == "en" and text.split(" ")[0] not in speaker.names:
            text = text[:1].upper() + text[1:]
        yield visible(text if isinstance(event, Print) else speaker.say("end", text))


class Speaker:
    """Says what each event is, one after another; knows who has called whom so far."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.names: set[str] = set()  # of the functions that there were
        self.stacks: dict[Task, list[str]] = {}  # the functions that run, by thread and task
        self.fired: dict[int, int] = {}  # by Deferred, the line that fired it first
        self.again = 0  # the Deferred that was fired for the second time, at last

    def say(self, key: str, /, *args: object, **fields: object) -> str:
        text = TEXTS[self.lang][key]
        if self.lang == "zh":  # no blank between two Chinese words
            for name, value in fields.items():
                if value == TEXTS["zh"]["script"] and name in ("function", "who"):
                    text = re.sub(rf" ?(\{{{name}\}}) ?", r"\1", text)
        return text.format(*args, **fields)

    def name(self, function: object) -> str:
        return self.say("script") if function == "<module>" else str(function)

    def end(self, event: Event) -> str:
        """Whom the stage is connected with, or an empty text."""
        if not isinstance(event, Ended) or not (event.lane or event.client):
            return ""
        return self.say("server", event.lane) if event.lane else self.say("client", event.client)

    def sentence(self, event: Event) -> str:
        """What happens, without a full stop."""
        if isinstance(event, (*TIMERS, *TO_DEFERRED)):
            text = event_text(event, self.lang)
            if isinstance(event, Fired) and event.again:
                self.again = event.deferred
                text = self.say("once", text)
            elif isinstance(event, Fired) and event.line:
                self.fired[event.deferred] = event.line
            return text
        fields: dict[str, Any] = {**event.fields, "end": self.end(event)}
        fields["function"] = self.name(fields.get("function", "<module>"))
        known = getattr(self, f"of_{event.kind}", None)
        return str(known(event, fields)) if known else self.say(event.kind, **fields)

    def of_start(self, event: Start, fields: dict[str, Any]) -> str:
        return self.say("start", command=" ".join(event.argv))

    def of_print(self, event: Print, fields: dict[str, Any]) -> str:
        text = "print" if event.function else "printed"
        if event.stream == "stderr":
            return self.say(f"{text} stderr", **fields)
        return self.say(text if event.text.strip() else f"{text} blank", **fields)

    def of_exit(self, event: Exit, fields: dict[str, Any]) -> str:
        how = event.how or "exit"
        if how == "exit":
            return self.say("ended", **fields)
        return self.say("ended so", how_text(how, self.lang))

    def of_wait(self, event: Wait, fields: dict[str, Any]) -> str:
        text = wait_text(event, self.lang)
        if is_own(event):
            return self.say("wait stage", who=fields["function"], text=text)
        return self.say("wait", who=self.say("reactor"), text=text)

    def of_open(self, event: Open, fields: dict[str, Any]) -> str:
        known = event.poem and event.size
        return self.say("open poem" if known else "open", **fields)

    def of_sent(self, event: Sent, fields: dict[str, Any]) -> str:
        return self.say("sent client" if event.client else "sent lane", **fields)

    def of_close(self, event: Close, fields: dict[str, Any]) -> str:
        return self.say("close", end=fields["end"], how=say(self.lang, event.how))

    def of_closing(self, event: Closing, fields: dict[str, Any]) -> str:
        return self.say("closing it" if fields["end"] else "closing", **fields)

    def of_enter(self, event: Enter, fields: dict[str, Any]) -> str:
        self.names.add(event.function)
        stack = self.stacks.setdefault(task_of(event), [])
        caller = self.name(stack[-1]) if stack else self.say("reactor")
        stack.append(event.function)
        if event.by == "start":
            return self.say("run")
        if event.resumed:
            return self.say("goes on", **fields)
        if event.by == "library" and event.at:
            return self.say("calls by", who=caller, **fields)
        if event.by in ("thread", "task"):
            return self.say("begins", **fields)
        who = self.say("reactor") if event.by == "reactor" else caller
        return self.say("calls for" if fields["end"] else "calls", who=who, **fields)

    def of_leave(self, event: Leave, fields: dict[str, Any]) -> str:
        if stack := self.stacks.get(task_of(event)):
            stack.pop()
        if event.how == "raised" and event.value.startswith("AlreadyCalledError"):
            first = self.fired.get(self.again)
            text = "already in" if first else "already"
            return self.say(text, **fields, deferred=self.again, first=first)
        if event.how == "returned" and event.value == "None":
            return self.say("returned nothing", **fields)
        return self.say(event.how, **fields)

    def of_reactor(self, event: Reactor, fields: dict[str, Any]) -> str:
        return self.say(f"{event.does} loop", **fields)

    def of_ran(self, event: Ran, fields: dict[str, Any]) -> str:
        if not event.function:
            return self.say(f"passed {event.side}", **fields)
        if event.how == "raised":
            return self.say("ran raised", **fields)
        return self.say("ran failed" if event.failed else "ran", **fields)

    def of_unseen(self, event: Unseen, fields: dict[str, Any]) -> str:
        what = say(self.lang, "and").join(UNSEEN[self.lang].get(one, one) for one in event.what)
        return say(self.lang, "unseen", twisted=event.twisted, what=what)
