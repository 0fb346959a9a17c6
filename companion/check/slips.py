"""Slips of the pen: a name, brackets or an argument in the wrong place, by the text of the file."""

import ast
import re
from collections.abc import Iterator
from difflib import get_close_matches

from twisted.internet.defer import Deferred
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.tcp import Connector, Server
from twisted.python.failure import Failure

from companion.check import source
from companion.check.case import Case, Found, in_line
from companion.check.source import DOES, FUNCTIONS, Function, Source, named
from companion.check.subject import short

NO_ATTRIBUTE = re.compile(r"'(?P<owner>\w+)' object has no attribute '(?P<name>\w+)'")
# What a transport, a Deferred, a reactor, a connector and a Failure are called in an exception.
LIBRARY = {
    "Deferred": Deferred,
    "Server": Server,
    "Client": Server,
    "Connector": Connector,
    "EPollReactor": PosixReactorBase,
    "Failure": Failure,
}
# What a socket, or another library, calls what Twisted has by another name.
ELSEWHERE = {
    "send": "write",
    "sendall": "write",
    "close": "loseConnection",
    "read": "dataReceived",
    "recv": "dataReceived",
}
METHODS = {"connectionMade", "dataReceived", "connectionLost", "lineReceived", "stringReceived"}
# Whoever is handed a function, and calls it later; which argument that is, -1 for each of them.
TAKES_FUNCTIONS = {
    **dict.fromkeys(("addCallback", "addErrback", "addBoth", "callWhenRunning", "LoopingCall"), 0),
    **dict.fromkeys(("callInThread", "callFromThread", "deferToThread", "submit", "react"), 0),
    **dict.fromkeys(("Deferred", "maybeDeferred"), 0),
    **dict.fromkeys(("callLater", "deferLater"), 1),
    "addCallbacks": -1,
}


def called_at_once(case: Case) -> Found | None:
    """A function's result is handed over, in the place of the function."""
    for call, given in handed_over(case.source):
        name, to = ast.unparse(given.func), named(call.func)
        return in_line(
            3,
            given.lineno,
            f"{name}(...) is called here, at once, and its result is what {to} is"
            f" given: hand the function over, {name}, without brackets",
            f"这里立刻调用了 {name}(...)，交给 {to} 的是它的结果：要交出函数本身，{name}，不加括号",
        )
    return None


def handed_over(text: Source) -> Iterator[tuple[ast.Call, ast.Call]]:
    """The calls that want a function, each with the call that stands in its place."""
    for call in text.nodes:
        if not isinstance(call, ast.Call):
            continue
        place = TAKES_FUNCTIONS.get(named(call.func))
        wanted = [word.value for word in call.keywords if word.arg == "target"]
        if place is not None:
            wanted += call.args if place < 0 else call.args[place : place + 1]
        for given in wanted:
            if isinstance(given, ast.Call) and gives_no_function(text, given):
                yield call, given


def gives_no_function(text: Source, call: ast.Call) -> bool:
    """Whether what a call gives is surely no function: it has none to give, or does something."""
    name = named(call.func)
    if name in DOES and isinstance(call.func, ast.Attribute):
        return True
    own = [one for one in text.functions if one.name == name]
    return len(own) == 1 and not any(may_be_function(one) for one in given_by(own[0]))


def given_by(function: Function) -> Iterator[ast.expr]:
    """What a function returns."""
    inner = {
        id(node)
        for one in ast.walk(function)
        if isinstance(one, FUNCTIONS) and one is not function
        for node in ast.walk(one)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None and id(node) not in inner:
            yield node.value


def may_be_function(value: ast.expr) -> bool:
    """Whether it may be one: not a constant, nor a Deferred, nor a call's result."""
    if isinstance(value, ast.Constant | ast.JoinedStr | ast.BinOp | ast.Compare | ast.Tuple):
        return False
    return named(value) not in ("d", "deferred")


def library_name(line: int, what: str) -> Found | None:
    """A name that an object of Twisted's has not, by that which is meant."""
    found = NO_ATTRIBUTE.search(what)
    known = LIBRARY.get(found["owner"]) if found else None
    if not found or known is None:
        return None
    name = found["name"]
    meant = ELSEWHERE.get(name) if known is Server else ""
    if not meant and (near := get_close_matches(name, dir(known), 1, 0.7)):
        meant = near[0]
    if not meant:
        return None
    return in_line(
        5,
        line,
        f"there is no {name}: is {meant} what is meant? ({short(what)})",
        f"没有 {name}：是不是 {meant}？（{short(what)}）",
    )


def of_none(case: Case, line: int, what: str) -> Found | None:
    """An attribute of self.factory, where that is None."""
    found = NO_ATTRIBUTE.search(what)
    if not found or found["owner"] != "NoneType":
        return None
    for node in case.source.nodes:
        if not isinstance(node, ast.Attribute) or named(node.value) != "factory":
            continue
        if (node.lineno, node.attr) == (line, found["name"]):
            return in_line(
                5,
                line,
                "self.factory is None: Factory.buildProtocol sets it, so a buildProtocol of your"
                f" own has to call that one, or set it ({what})",
                "self.factory 是 None：它由 Factory.buildProtocol 设置，自己写的 buildProtocol"
                f" 要调用它，或者自己设置（{what}）",
            )
    return None


def made_already(case: Case, line: int, what: str) -> Found | None:
    """A Protocol of the file's own class that is called as its class would be."""
    found = re.search(r"'(\w+)' object is not callable", what)
    owner = next((one for one in case.source.classes if found and one.name == found[1]), None)
    if not found or owner is None or not METHODS & set(source.attributes(owner)):
        return None
    return in_line(
        5,
        line,
        f"the factory is given a {found[1]} that is made already: protocol = the class, without"
        " brackets, as each connection gets an object of its own",
        f"交给 factory 的是已经创建好的 {found[1]}：protocol = 类本身，不加括号，"
        "因为每个连接都有自己的对象",
    )


def own_name(case: Case, line: int, what: str) -> Found | None:
    """An attribute that an object of the file's own class has not, or not yet."""
    found = NO_ATTRIBUTE.search(what)
    if not found:
        return None
    text, owner, name = case.source, found["owner"], found["name"]
    made = next((one for one in text.classes if one.name == owner), None)
    holder = source.holder(text, name)
    if made is None:
        return None
    if name == "transport" and "actory" in "".join((owner, *map(named, made.bases))):
        return in_line(
            5,
            line,
            f"{owner}, a factory, has no transport: the Protocol of each connection has one,"
            " self.transport",
            f"{owner} 是 factory，没有 transport：每个连接的 Protocol 才有，self.transport",
        )
    for base in source.bases(text, made):
        if setter := source.setter(base, name):
            return in_line(
                5,
                line,
                f"{owner} has a {setter} of its own, so that of {base.name}, which sets self.{name}"
                f", is not called: super().{setter}(...) calls it",
                f"{owner} 有自己的 {setter}，所以设置 self.{name} 的 {base.name}.{setter}"
                f" 没有被调用：用 super().{setter}(...) 调用它",
            )
    if holder and holder != owner:
        way = f"self.factory.{name}" if "actory" in holder else f"that of a {holder}"
        zh_way = f"self.factory.{name}" if "actory" in holder else f"某个 {holder} 的"
        return in_line(
            5,
            line,
            f"{owner} has no {name}, which belongs to {holder}: is {way} meant?",
            f"{owner} 没有 {name}，它属于 {holder}：是不是应该用 {zh_way}？",
        )
    if holder:
        setter = source.setter(made, name)
        return in_line(
            5,
            line,
            f"self.{name} is used before it is set, in {setter}",
            f"self.{name} 还没有设置就用了，它在 {setter} 中设置",
        )
    near = get_close_matches(name, source.attributes(made), 1, 0.7)
    if near:
        return in_line(
            5,
            line,
            f"{owner} has no {name}: is {near[0]} what is meant?",
            f"{owner} 没有 {name}：是不是 {near[0]}？",
        )
    if name in dir(Server):
        return in_line(
            5,
            line,
            f"{owner} has no {name}, which belongs to its transport: self.transport.{name}",
            f"{owner} 没有 {name}，它属于 transport：self.transport.{name}",
        )
    return in_line(
        5,
        line,
        f"{owner} has no {name}: no line sets it. self.{name} = ... in __init__, or where it is"
        " first known, does",
        f"{owner} 没有 {name}：没有哪一行设置它。在 __init__ 里，或者最早知道它的地方，写"
        f" self.{name} = ...",
    )


def text_delimiter(case: Case) -> Found | None:
    """A LineReceiver's delimiter that is text."""
    for owner in case.source.classes:
        for node in owner.body:
            if isinstance(node, ast.Assign) and named(node.targets[0]) == "delimiter":
                value = node.value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    return in_line(
                        5,
                        node.lineno,
                        f"lines are bytes, and so is what ends them: delimiter = b{value.value!r}",
                        f"行是字节，行尾也是：delimiter = b{value.value!r}",
                    )
    return None


def without_self(case: Case) -> Found | None:
    """A method that does not take the object that it belongs to."""
    for owner in case.source.classes:
        for one in owner.body:
            if not isinstance(one, FUNCTIONS) or one.decorator_list or one.args.vararg:
                continue
            first = next(iter((*one.args.posonlyargs, *one.args.args)), None)
            if first is None or first.arg in ("self", "cls", "s", "this", "_"):
                continue
            given = re.search(rf"\b{one.name}\(\) takes (\d+) positional", case.printed)
            raised = any(f"{one.name}() takes" in value.value for value in case.raised())
            if given or raised:
                return in_line(
                    5,
                    one.lineno,
                    f"{one.name} is a method, and the first that a method is given is its object:"
                    f" def {one.name}(self, {first.arg})",
                    f"{one.name} 是方法，方法得到的第一个参数是对象本身："
                    f"def {one.name}(self, {first.arg})",
                )
    return None


def argv(case: Case) -> Found | None:
    """Addresses that are not those of the command line."""
    for node in case.source.nodes:
        if not (isinstance(node, ast.Subscript) and ast.unparse(node.value) == "sys.argv"):
            continue
        part = node.slice
        if isinstance(part, ast.Slice) and part.upper is None:
            begin = ast.literal_eval(part.lower) if isinstance(part.lower, ast.Constant) else 0
            if begin not in (1, 1 + case.stage.transforms):
                return in_line(
                    2,
                    node.lineno,
                    f"sys.argv[0] is the script itself, and the addresses begin at 1:"
                    f" {ast.unparse(node)} is not all of them, or one too many",
                    f"sys.argv[0] 是脚本自己，地址从 1 开始：{ast.unparse(node)} 少了，或多了一个",
                )
    whole = re.search(r"for \w+(, \w+)? in (enumerate\()?sys\.argv\b(?!\[)", decoded(case))
    if whole:
        return in_line(
            2,
            decoded(case)[: whole.start()].count("\n") + 1,
            "sys.argv[0] is the script itself: the addresses are sys.argv[1:]",
            "sys.argv[0] 是脚本自己：地址是 sys.argv[1:]",
        )
    return None


def decoded(case: Case) -> str:
    """The file's text."""
    return case.source.text.decode("utf-8", "replace")
