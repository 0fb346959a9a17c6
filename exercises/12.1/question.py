"""12.1: what the transform server does with what is no netstring, and with a huge one."""

from companion.check.exercise import Question, Texts
from companion.peers import script
from companion.peers.scenario import Scenario
from companion.virtual.run import Received, play

ENDS = {
    "en": ("the connection is closed at once", "the server waits for more"),
    "zh": ("连接立刻关闭", "服务器继续等待"),
}
NONE, HUGE = b"HERE IS MY POEM", b"100000:"


def waits(client: Received) -> bool:
    """Whether the connection is still open at the end. Raises AssertionError at an answer."""
    assert not client.data
    return not client.how


def question() -> Question:
    clients = [script.sender(data, at=at) for at, data in enumerate((NONE, HUGE), 1)]
    run = play("transform-server", Scenario(args=(), servers=(), clients=clients, until=60))
    found = tuple(map(waits, run.clients))
    cases = [(False, False), (False, True), (True, False), (True, True)]
    choices: list[Texts] = [
        {
            "en": f"for the first {ENDS['en'][first]}, for the second {ENDS['en'][second]}",
            "zh": f"对第一个，{ENDS['zh'][first]}；对第二个，{ENDS['zh'][second]}",
        }
        for first, second in cases
    ]
    return Question(
        ask={
            "en": f"One client sends {NONE.decode()!r} to the transform server, another"
            f" {HUGE.decode()!r} and then nothing more for now. What happens?",
            "zh": f"一个客户端向转换服务器发送 {NONE.decode()!r}，另一个发送 {HUGE.decode()!r}，"
            "然后暂时不再发送。结果怎样？",
        },
        answers=(str(cases.index(found) + 1),),
        refusal={
            "en": "Type both with netcat; or read NetstringReceiver in twisted/protocols/basic.py.",
            "zh": "用 netcat 分别输入；或者阅读 twisted/protocols/basic.py 里的 NetstringReceiv"
            "er。",
        },
        shows='python -c "from twisted.protocols.basic import NetstringReceiver as N;'
        ' print(N.MAX_LENGTH)"',
        thoughts={
            "2": {
                "en": "The second announces 100,000 bytes. How many does NetstringReceiver take at"
                " the most? Its MAX_LENGTH says so.",
                "zh": "第二个宣布了 100,000 字节。NetstringReceiver 最多接受多少？"
                "看它的 MAX_LENGTH。",
            },
            "3": {
                "en": "What could still come, to make a netstring of the first? It begins with H.",
                "zh": "第一个以 H 开头，再来什么才能使它成为 netstring？",
            },
            "4": {
                "en": "Whoever waits collects what comes. Is there something in the first few"
                " bytes that tells that no good netstring can come of them?",
                "zh": "等待就得把到的东西攒起来。从头几个字节能不能看出，"
                "它们成不了合格的 netstring？",
            },
        },
        why={
            "en": "Both are closed at once, without an answer. Where no digits and a colon come,"
            " NetstringReceiver raises NetstringParseError within and hangs up. MAX_LENGTH is"
            " 99,999: a longer one is refused as soon as its length is there, so that nobody can"
            " make the server collect bytes without end. brokenPeer is 1 then, which is how the"
            " transform server knows what to print.",
            "zh": "两个连接都立刻关闭，没有回答。开头不是数字加冒号时，NetstringReceiver 内部抛出"
            " NetstringParseError，然后挂断。MAX_LENGTH 是 99,999：更长的 netstring 只要长度一到就"
            "被拒绝，谁也没法让服务器没完没了地攒数据。这时 brokenPeer 为 1，"
            "转换服务器由此知道该打印什么。",
        },
        choices=tuple(choices),
    )
