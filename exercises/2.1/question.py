"""2.1: how long both clients take, for a course that is drawn anew each time."""

import random

from companion.check.exercise import Question
from companion.peers import script
from companion.peers.scenario import Scenario
from companion.virtual.run import play


def seconds_of(client: str, scripts: list[script.Script]) -> str:
    return f"{play(client, Scenario(servers=scripts)).seconds:.1f}"


def question() -> Question:
    lines = {"en": [], "zh": []}
    scripts = []
    for number in range(1, random.randrange(3, 5)):
        num_bytes, delay = random.choice((10, 20, 50)), random.choice((0.1, 0.5, 1.0))
        size = num_bytes * random.randrange(4, 20)
        scripts.append(script.slow(b"x" * size, num_bytes, delay))
        options = f"--num-bytes {num_bytes} --delay {delay}"
        lines["en"].append(f"server {number} sends {size} bytes with {options}")
        lines["zh"].append(f"服务器 {number} 用 {options} 发送 {size} 字节")
    blocking, select = (seconds_of(name, scripts) for name in ("blocking-client", "async-client"))
    return Question(
        ask={
            "en": f"{'; '.join(lines['en'])}. How many seconds does the blocking client take, and"
            " how many the asynchronous one? Answer with two numbers.",
            "zh": f"{'；'.join(lines['zh'])}。阻塞客户端要多少秒，异步客户端要多少秒？"
            "请用两个数回答。",
        },
        answers=(f"{blocking} {select}",),
        refusal={
            "en": "Work it out server by server: how many pieces, and how long from the first"
            " to the end? Then ask which client adds these times.",
            "zh": "逐台服务器计算：发送几块，从第一块到结束多久？再想一想，哪个客户端把这些时间"
            "相加。",
        },
        shows="companion race blocking-client async-client",
        thoughts={
            f"{select} {blocking}": {
                "en": "Which of the two waits for one server after the other? You have them the"
                " other way round.",
                "zh": "两个客户端中，哪一个是一台接一台地等？你写反了。",
            },
            f"{blocking} {blocking}": {
                "en": "The sum of all waits is right for one of them; the other waits for all at"
                " once.",
                "zh": "等待的总和对其中一个是对的；另一个同时等待所有的服务器。",
            },
            f"{select} {select}": {
                "en": "The longest wait is right for one of them; the other waits for one server"
                " after the other.",
                "zh": "最长的等待对其中一个是对的；另一个是一台接一台地等。",
            },
        },
        why={
            "en": f"{blocking} and {select}. A server needs its poem's bytes, divided by"
            " --num-bytes, times --delay; the blocking client adds these times up, the asynchronous"
            " one takes the longest.",
            "zh": f"{blocking} 和 {select}。一台服务器所需的时间是诗的字节数除以 --num-bytes 再乘以"
            " --delay；阻塞客户端把这些时间相加，异步客户端只取最长的。",
        },
    )
