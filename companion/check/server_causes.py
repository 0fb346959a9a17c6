"""What is behind a server or a proxy that failed: what its clients got, and why."""

import ast
import re
from typing import TypeGuard

from companion.check import source
from companion.check.case import Case, Found, Look, in_line, last
from companion.check.servers import PORT, UNKNOWN
from companion.event import Cancelled, Close, Deferred, Enter, Leave, Open, Reactor
from companion.render.language import translated

GOT_NOTHING = "got 0 bytes"


def no_parent(case: Case) -> Found | None:
    """A service that nobody starts."""
    for owner in case.source.classes:
        for node in owner.body:
            if isinstance(node, source.FUNCTIONS) and node.name == "startService":
                if case.entered["startService"] or case.run.how == "exit":
                    continue
                return in_line(
                    16,
                    node.lineno,
                    f"startService of {owner.name} is never called: a service is started with its"
                    " parent, so it needs one: setServiceParent(...)",
                    f"{owner.name} 的 startService 从未被调用：service 随它的父 service 启动，"
                    "所以要有一个：setServiceParent(...)",
                )
    return None


def nobody_listens(case: Case) -> Found | None:
    """Every client is refused."""
    ends = [event.how for event in case.of(Close) if event.client]
    if not ends or set(ends) != {"refused"}:
        return None
    listens, runs = case.source.line("listenTCP", "listen"), case.source.line("run")
    if 0 < runs < listens and case.source.around(runs) == case.source.around(listens):
        return in_line(
            11,
            listens,
            "this comes behind run(), which returns only at the end: listen first, then run",
            "这一行在 run() 之后，而 run() 要到最后才返回：先监听，再运行",
        )
    if "TCPServer" in case.source.uses:
        return in_line(
            16,
            case.source.line("TCPServer"),
            "nothing listens: this service is started with its parent, and has none that is:"
            " setServiceParent(...)",
            "没有代码在监听：这个 service 随父 service 启动，却没有：setServiceParent(...)",
        )
    if listens:
        return in_line(
            11,
            listens,
            "nothing listens: this line is not reached, or listens on another port",
            "没有代码在监听：没有执行到这一行，或者监听的是别的端口",
        )
    return (
        11,
        "nothing listens: reactor.listenTCP(port, factory) is missing",
        "没有代码在监听：少了 reactor.listenTCP(端口, factory)",
    )


def ends_too_soon(case: Case) -> Found | None:
    """A server that ends with its first client, or before."""
    came = any(event.client for event in case.of(Open))
    if case.run.how != "exit" or case.crash or not came:
        return None
    if case.of(Reactor):
        return in_line(
            11,
            case.source.line("stop"),
            "the reactor is stopped here, and a server goes on until Ctrl-C: leave it running",
            "这里停止了 reactor，而服务器应该一直运行到按 Ctrl-C：不要停它",
        )
    return in_line(
        2,
        case.source.line("accept"),
        "it serves a client and ends: accept() stands in a loop without end, for the next one",
        "它服务一个客户端就结束了：accept() 应该放在没有尽头的循环里，等待下一个",
    )


def aborted(case: Case) -> Found | None:
    """What was written is thrown away."""
    line = case.source.line("abortConnection")
    if not line or "a reset" not in case.happened:
        return None
    return in_line(
        11,
        line,
        "abortConnection throws away what is not sent yet: loseConnection sends it first, and then"
        " closes",
        "abortConnection 会丢掉还没发出的数据：loseConnection 先发完再关闭",
    )


def left_open(case: Case) -> Found | None:
    """All is sent, and the client waits for the end."""
    if "no end" not in case.happened or GOT_NOTHING in case.happened:
        return None
    writes = case.source.line("write", "sendall", "send", "sendString")
    return in_line(
        11 if case.of(Reactor) else 2,
        writes,
        "the poem is sent, and the connection stays open, so the client waits on: close it behind"
        " the last byte, with transport.loseConnection() or sock.close()",
        "诗发出去了，连接却一直开着，客户端还在等：最后一个字节之后要用"
        " transport.loseConnection() 或 sock.close() 关闭",
    )


def not_a_netstring(case: Case) -> Found | None:
    """A request that is taken as it comes."""
    if "request" not in case.expected and "answer" not in case.expected:
        return None
    if not case.entered["stringReceived"]:
        line = next((e.line for e in case.of(Enter) if e.client), 0)
        return in_line(
            12,
            line,
            "what comes is a netstring, such as 13:cummingsify.A, with its size in front, and may"
            " come in pieces: NetstringReceiver calls stringReceived with the request alone",
            "到来的是 netstring，例如 13:cummingsify.A, 前面带长度，还可能分块："
            "NetstringReceiver 只把请求本身交给 stringReceived",
        )
    if case.crash:
        return None
    if case.check == "transform-unknown":
        return left_waiting(case)
    if GOT_NOTHING not in case.happened:
        return (
            12,
            "an answer comes, and it is another than the poem in lower case, as one netstring",
            "有回答，但不是一个 netstring 里的小写的诗",
        )
    if kept := next((event for event in case.of(Leave) if event.how == "raised"), None):
        return in_line(
            12,
            kept.line,
            f"{kept.function} raises {kept.value}, and an except takes it without a word: so"
            " nothing is sent back",
            f"{kept.function} 抛出 {kept.value}，被 except 悄悄接住：所以什么也没有发回",
        )
    answers = case.source.line("sendString")
    if not answers:
        return (
            12,
            "the request arrives, and nothing is sent back: sendString(poem) answers it",
            "请求到了，却没有发回任何东西：用 sendString(诗) 回答",
        )
    return in_line(
        12,
        answers,
        "the request arrives, and this line, which answers it, is not reached: is the name of the"
        " transformation found? It is bytes, b'cummingsify', until it is decoded",
        "请求到了，却没有执行到回答它的这一行：找到转换的名字了吗？解码之前它是字节 b'cummingsify'",
    )


def left_waiting(case: Case) -> Found | None:
    """A request that can't be answered, and whose connection is not closed."""
    if "no end" not in case.happened:
        return None
    left = [e.line for e in case.of(Leave) if last(e.function) == "stringReceived"]
    asked = next((at for at, name in enumerate(UNKNOWN) if f"for {name} " in case.expected), 0)
    return in_line(
        12,
        left[asked] if asked < len(left) else 0,
        "a request that can't be answered is left here with its connection open, so the client"
        " waits on: transport.loseConnection()",
        "无法回答的请求到这里就没有下文了，连接还开着，客户端还在等：要 transport.loseConnection()",
    )


def no_pace(case: Case) -> Found | None:
    """A slow server that is not slow."""
    if case.check != "server-pace":
        return None
    return in_line(
        2,
        case.source.line("sendall", "send", "write"),
        f"the pieces leave otherwise than --num-bytes and --delay say: {case.happened}. Send so"
        " many bytes, sleep for so many seconds, and so on",
        f"发送的大小或快慢与 --num-bytes、--delay 不符：{translated('zh', case.happened)}。"
        "发送若干字节，再睡若干秒，如此继续",
    )


def not_kept(case: Case) -> Found | None:
    """A poem that is fetched again for the next client."""
    if "it was fetched" not in case.happened:
        return None
    return (
        14,
        f"the poem is not kept, so {case.happened}: a callback on the download stores it, and the"
        " next client is given that",
        "没有保存诗，所以又下载了一遍：由下载的一个回调把它存起来，交给下一个客户端",
    )


def not_cancelled(case: Case) -> Found | None:
    """A client leaves, and its download goes on."""
    if case.check != "proxy-cancels" or case.crash:
        return None
    cancelled = case.of(Cancelled)
    if not cancelled:
        return (
            19,
            "a client leaves, and nobody cancels its download: connectionLost of its protocol is"
            " called, and has to call cancel() of the Deferred",
            "客户端离开了，却没有谁取消它的下载：它的协议的 connectionLost 会被调用，"
            "应该在那里调用 Deferred 的 cancel()",
        )
    made = {event.deferred: event.line or 0 for event in case.of(Deferred)}
    line = made.get(cancelled[0].deferred, 0)
    bare = next((at for at in made.values() if at and source.bare_deferred(case.source, at)), 0)
    if bare:
        return in_line(
            19,
            bare,
            "this Deferred has no canceller, so cancel() only makes it fail, and the download goes"
            " on: Deferred(canceller)",
            "这个 Deferred 没有 canceller，cancel() 只是让它失败，下载照样继续："
            "用 Deferred(canceller)",
        )
    return in_line(
        19,
        line,
        "the canceller of this Deferred does not hang up: connector.disconnect(), or"
        " transport.abortConnection(), ends the download",
        "这个 Deferred 的 canceller 没有断开连接：用 connector.disconnect() 或"
        " transport.abortConnection() 结束下载",
    )


def line_ends_lost(case: Case) -> Found | None:
    """What is sent is the poem without its line ends."""
    line = case.source.bare_line("splitlines", "split", "strip", "rstrip")
    got = [client.data for client in case.run.clients if client.data]
    if not line or "a clean end" not in case.happened or any(b"\n" in data for data in got):
        return None
    return in_line(
        11,
        line,
        "the poem is sent without its line ends, which this leaves out: splitlines(keepends=True),"
        " or write the poem as it was read",
        "发出的诗没有换行，是这里去掉的：用 splitlines(keepends=True)，或者原样发送读到的诗",
    )


def not_written(case: Case) -> Found | None:
    """A client comes, and gets nothing."""
    if GOT_NOTHING not in case.happened or case.run.how == "exit":
        return None
    if not case.of(Reactor) and case.stage.kind == "server":
        return in_line(
            2,
            case.source.line("accept"),
            "a client is accepted, and nothing is sent to it: sendall(piece) on the socket that"
            " accept() gives; and a file that was read to its end has nothing for the next client",
            "接受了客户端，却什么也没有发给它：在 accept() 给出的套接字上调用 sendall(数据)；"
            "另外，文件读到末尾以后，对下一个客户端就没有内容了",
        )
    if not any(event.client for event in case.of(Enter)):
        return (
            11,
            "a client comes, and no method of its Protocol is called: connectionMade is, when there"
            " is one of that name",
            "客户端来了，它的 Protocol 却没有一个方法被调用：只要有 connectionMade，就会调用它",
        )
    return (
        11 if case.stage.kind == "server" else 14,
        "a client comes, and nothing is written to its transport: transport.write(poem)",
        "客户端来了，却没有向它的 transport 写任何东西：transport.write(诗)",
    )


def one_accept(case: Case) -> Found | None:
    """An accept() out of the loop."""
    accepts = case.source.calls("accept")
    if not accepts or case.of(Reactor):
        return None
    loops = (one for one in case.source.nodes if isinstance(one, ast.While | ast.For))
    inside = {id(node) for loop in loops for node in ast.walk(loop)}
    if any(id(call) in inside for call in accepts):
        return None
    return in_line(
        2,
        accepts[0].lineno,
        "accept() takes one client, and stands in no loop: so there is no next one",
        "accept() 只接受一个客户端，又不在循环里：就没有下一个了",
    )


def other_port(case: Case) -> Found | None:
    """A port that is not the one that was asked for."""
    if case.check != "server-port":
        return None
    return in_line(
        11,
        case.source.line("listenTCP", "TCPServer", "TCP4ServerEndpoint", "bind"),
        f"with --port {PORT} it listens on another port: what the option says has to come here",
        f"用 --port {PORT} 时它监听的是别的端口：这里要用选项给出的值",
    )


def no_maker(case: Case) -> Found | None:
    """A plugin in which twistd finds no service maker."""
    if "provides IServiceMaker" not in case.printed:
        return None
    return (
        16,
        "the plugin has no service maker: twistd looks for an object at the top level of the file,"
        " an instance of the class that implements IServiceMaker and IPlugin",
        "插件里没有 service maker：twistd 在文件的顶层寻找一个对象，"
        "也就是实现 IServiceMaker 和 IPlugin 的类的实例",
    )


def other_tapname(case: Case) -> Found | None:
    """A plugin that twistd knows by another name."""
    found = re.search(r"Unknown command: (\S+), where the tapname is (.*)", case.printed)
    if not found:
        return None
    line = next((one.lineno for one in case.source.nodes if is_tapname(one)), 0)
    return in_line(
        16,
        line,
        f"twistd {found[1]} does not find this plugin: its command is the tapname, {found[2]}",
        f"twistd {found[1]} 找不到这个插件：它的命令就是 tapname，也就是 {found[2]}",
    )


def is_tapname(node: ast.AST) -> TypeGuard[ast.Assign]:
    """Whether it gives a tapname."""
    return isinstance(node, ast.Assign) and source.named(node.targets[0]) == "tapname"


def kept_waiting(case: Case) -> Found | None:
    """A proxy that closes where the poem has come, and not where it can't be had."""
    if case.check != "proxy-refused" or case.run.how == "exit":
        return None
    return in_line(
        14,
        case.source.line("loseConnection", "abortConnection"),
        "the poem can't be had, and this is not reached then, so the client waits for ever: what"
        " closes the connection belongs behind a failure, too, with addBoth or an errback",
        "诗取不到时不会执行到这里，客户端就会一直等下去：出错时也要关闭连接，用 addBoth 或 errback",
    )


FIRST: tuple[Look, ...] = (
    no_maker,
    other_tapname,
    kept_waiting,
    one_accept,
    no_parent,
    not_cancelled,
)
LATER: tuple[Look, ...] = (
    other_port,
    nobody_listens,
    no_pace,
    ends_too_soon,
    aborted,
    not_a_netstring,
    not_kept,
    left_open,
    line_ends_lost,
    not_written,
)
