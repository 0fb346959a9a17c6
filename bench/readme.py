"""The table of the READMEs: what a poem costs with the most servers, as `make bench` has it."""

import re

from scale import Costs
from table import markdown_rows

from companion.tutorial.stages import ROOT

HEADS = {
    "README.md": (
        "N = {:,} slow servers",
        "CPU a poem, µs",
        "/ asyncio streams",
        "/ bare epoll",
        "/ bare Twisted",
    ),
    "README.zh-CN.md": (
        "{:,} 台慢速服务器",
        "每首诗的 CPU 时间，微秒",
        "÷ asyncio streams",
        "÷ 裸 epoll",
        "÷ 裸 Twisted",
    ),
}
PLACE = re.compile(r"(<!-- make bench -->\n).*?(<!-- end -->)", re.DOTALL)


def table_of(costs: Costs, head: tuple[str, ...]) -> list[str]:
    """The lines of the table, in Markdown."""
    most = costs.numbers[-1]
    rows = [
        (
            name,
            f"{costs.poem(name, most) * 1e6:.0f}",
            *costs.ratios(name),
        )
        for name in sorted(costs.runs, key=costs.transforms.__getitem__)
    ]
    return markdown_rows((head[0].format(most), *head[1:]), rows)


def with_table(text: str, costs: Costs, head: tuple[str, ...]) -> str:
    """A README's text with the table of these costs between its two marks."""
    table = "\n".join(table_of(costs, head))
    return PLACE.sub(lambda found: f"{found[1]}\n{table}\n\n{found[2]}", text)


def write(costs: Costs) -> None:
    for name, head in HEADS.items():
        file = ROOT / name
        text = file.read_text(encoding="utf-8")
        file.write_text(with_table(text, costs, head), encoding="utf-8")
