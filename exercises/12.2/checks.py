"""12.2: a second transformation."""

from companion.check.exercise import asks
from companion.check.servers import got, netstring, refuses, transformed
from companion.check.subject import Subject, short
from companion.peers import script


def answers(subject: Subject, poem: str, expected: str) -> None:
    """Raises Unmet where `upper` does not answer with the poem in capitals."""
    request = netstring(f"upper.{poem}".encode())
    run, (client,) = transformed(subject, script.sender(request, at=1))
    wanted = netstring(poem.upper().encode())
    seen = f"the answer {short(client.data.decode(errors='replace'))}"
    happened = seen if client.data else got(client)
    subject.expect(client.data == wanted, expected, run, happened)


@asks(
    "upper",
    name=("upper.POEM gets the poem in capitals", "请求 upper.诗，得到大写的诗"),
    hint=(
        "a method of the service, and an xform_ method of the factory that calls it",
        "在服务里加一个方法，再在 factory 里加一个调用它的 xform_ 方法",
    ),
)
def upper(subject: Subject) -> None:
    answers(subject, "here is my poem", "HERE IS MY POEM, as a netstring, for upper")


@asks(
    "letters",
    name=("letters beyond ASCII have capitals, too", "ASCII 之外的字母也变成大写"),
    hint=(
        "decode before, encode after: str.upper knows all letters, bytes.upper those of ASCII",
        "先解码，后编码：str.upper 认识所有字母，bytes.upper 只认识 ASCII",
    ),
)
def letters(subject: Subject) -> None:
    answers(subject, "les élus, die straße", "LES ÉLUS, DIE STRASSE for upper")


@asks(
    "others",
    name=("a name that is no transformation gets no answer", "不是转换的名字得不到回答"),
    hint=(
        "look the name up with its prefix, as before: what is not found has no default",
        "照旧加上前缀再查找：找不到的名字没有默认值",
    ),
)
def others(subject: Subject) -> None:
    names = "no-such-name", "format", "service"
    refuses(subject, {name: netstring(f"{name}.A poem".encode()) for name in names})
