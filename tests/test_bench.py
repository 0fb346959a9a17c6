"""The benches: each runs and prints its table; a bound that does not hold is said."""

import re
import subprocess
import sys

import pytest

from companion.tutorial.stages import ROOT, load_map

sys.path.insert(0, str(ROOT / "bench"))
from measure import Program, clients, cpu_of
from picture import LABEL, scale_svg, spread
from readme import HEADS, with_table
from scale import Costs
from scale import table as scale_table
from table import BenchError, Measured, Table, as_markdown, as_text, bound, cheapest, measured

pytestmark = pytest.mark.slow


def bench(name: str, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "bench" / name), *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=55)


def first_words(done: subprocess.CompletedProcess[str], count: int) -> list[str]:
    """The names in the table's rows, after the title, the notes and the head."""
    assert done.stderr == ""
    assert done.returncode in (0, 1)  # whether a bound holds is no matter of so few
    return [line.split("  ")[0] for line in done.stdout.splitlines()[3 : 3 + count]]


def test_the_scale_bench_measures_a_client_beside_its_peers() -> None:
    done = bench(
        "scale.py", "--numbers", "2", "--repeat", "1", "--rounds", "2", "--stage", "client-5.1"
    )
    names = ["asyncio streams", "bare epoll", "bare twisted", "trio streams", "client-5.1"]
    assert first_words(done, 5) == names


def test_the_scale_bench_gives_the_peers_the_transform_too() -> None:
    done = bench(
        "scale.py", "--numbers", "2", "--repeat", "1", "--rounds", "2", "--stage", "client-8.0"
    )
    names = ("asyncio streams", "bare epoll", "bare twisted", "trio streams")
    assert first_words(done, 5) == [*(f"{name} + transform" for name in names), "client-8.0"]


def test_the_serving_bench_measures_both_servers() -> None:
    done = bench("serving.py", "--connections", "3", "--rounds", "1")
    assert first_words(done, 2) == ["fastpoetry-1.0", "asyncio protocol"]


def test_the_large_bench_measures_a_client_and_the_blocking_one() -> None:
    done = bench("large.py", "--megabytes", "1", "--rounds", "1", "--stage", "client-6.0")
    assert first_words(done, 2) == ["blocking-client", "client-6.0"]


@pytest.mark.parametrize(
    ("peer", "words"),
    [
        ("asyncio_streams", "Connect call failed"),
        ("bare_epoll", "Connection refused"),
        ("bare_twisted", "Connection was refused"),
        ("trio_streams", "all attempts to connect"),
    ],
)
def test_a_peer_tells_of_a_poem_that_it_could_not_have(peer: str, words: str) -> None:
    done = bench(f"peers/{peer}.py", "1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Poem failed: 127.0.0.1:1: ")
    assert words in done.stderr


def test_wrong_numbers_are_refused() -> None:
    done = bench("scale.py", "--numbers", "0")
    assert done.returncode == 2
    assert done.stderr.endswith("argument --numbers: '0' is not a whole number from 1\n")


def test_a_program_that_fails_or_loses_bytes_is_not_measured() -> None:
    writes = Program("a client", (sys.executable, "-c", "print('a poem')"))
    fails = Program("a client", (sys.executable, "-c", "import sys; sys.exit('no server')"))
    assert cpu_of(writes, [], 7) > 0
    with pytest.raises(BenchError, match=r"^a client wrote 7 bytes where 8 were due$"):
        cpu_of(writes, [], 8)
    with pytest.raises(BenchError, match=r"^a client failed, status 1: no server$"):
        cpu_of(fails, [])


def costs(client: float) -> Costs:
    """Costs where a client's poem takes so many times what the bare epoll loop's takes."""
    made = Costs()
    for name, each in (
        ("asyncio streams", 4e-4),
        ("bare epoll", 1e-4),
        ("bare twisted", 1.25e-4),
        ("client-1", client * 1e-4),
    ):
        for number in (1, 100, 1000, 4000):
            made.add(Program(name, ()), number, 0.1 + each * (number if number > 1 else 0))
    return made


def test_bounds_that_hold_give_status_0() -> None:
    table = scale_table(costs(1.5))
    assert table.status == 0
    assert [bound.verdict for bound in table.bounds] == ["holds"] * 3
    assert table.rows[-1] == (
        "client-1",
        "0.10",
        "150",
        "150",
        "150",
        "0.38",
        "1.50",
        "1.20",
        "1.00",
    )


def test_a_bound_that_does_not_hold_is_said_and_gives_status_1() -> None:
    table = scale_table(costs(2.5))
    assert table.status == 1
    assert as_text(table).splitlines()[-3:] == [
        "holds: CPU a poem at N = 4,000 by asyncio streams', at most 0.7: 0.62,"
        " in single rounds 0.62 to 0.62 (client-1)",
        "DOES NOT HOLD: CPU a poem at N = 4,000 by bare Twisted's, at most 1.25: 2.00,"
        " in single rounds 2.00 to 2.00 (client-1)",
        "holds: CPU of a further poem at the largest N by that at the smallest,"
        " at most 1.25: 1.00, in single rounds 1.00 to 1.00 (client-1)",
    ]


def test_a_cost_that_grows_faster_than_n_is_said() -> None:
    made = costs(1.2)
    made.runs["client-1"][4000][0] += 0.12
    verdicts = [bound.verdict for bound in scale_table(made).bounds]
    assert verdicts == ["holds", "holds", "DOES NOT HOLD"]


def test_a_bound_that_some_rounds_keep_and_others_do_not_is_undecided_and_no_failure() -> None:
    made = costs(1.5)
    for number in (1, 100, 1000, 4000):
        for name in list(made.runs):
            dearer = 2.0 if (name, number) == ("client-1", 4000) else 1.0
            made.add(Program(name, ()), number, dearer * made.runs[name][number][0])
    table = scale_table(made)
    assert table.status == 0
    assert [bound.verdict for bound in table.bounds] == ["undecided"] * 3
    assert str(table.bounds[1]).startswith("undecided: ")
    assert str(table.bounds[1]).endswith(": 1.20, in single rounds 1.20 to 2.60 (client-1)")


def test_the_worst_program_decides_about_a_bound() -> None:
    well, open_, badly = Measured(1.9, 1.8, 2.0), Measured(1.5, 1.0, 2.1), Measured(2.5, 2.2, 3.0)
    assert bound("CPU", 2, {"a": well}).verdict == "holds"
    assert bound("CPU", 2, {"a": well, "b": open_}).program == "b"
    assert bound("CPU", 2, {"a": open_, "b": badly}).verdict == "DOES NOT HOLD"


def test_a_number_is_of_the_cheapest_runs_and_its_range_of_the_rounds() -> None:
    runs = [5.0, 4.0, 7.0, 3.0]  # two in each round
    number = measured(lambda turn: cheapest(runs, 2, turn), 2)
    assert number == Measured(3.0, 3.0, 4.0)


def test_the_table_of_a_readme_is_written_between_its_marks() -> None:
    text = "Before.\n\n<!-- make bench -->\nold\n<!-- end -->\n\nAfter.\n"
    assert with_table(text, costs(1.5), ("{:,} servers", "us", "a", "b", "c")) == (
        "Before.\n\n<!-- make bench -->\n\n"
        "| 4,000 servers | us | a | b | c |\n| --- | ---: | ---: | ---: | ---: |\n"
        "| asyncio streams | 400 | 1.00 | 4.00 | 3.20 |\n"
        "| bare epoll | 100 | 0.25 | 1.00 | 0.80 |\n"
        "| bare twisted | 125 | 0.31 | 1.25 | 1.00 |\n"
        "| client-1 | 150 | 0.38 | 1.50 | 1.20 |\n\n<!-- end -->\n\nAfter.\n"
    )


@pytest.mark.parametrize("name", HEADS)
def test_each_readme_has_the_table_and_says_what_made_it(name: str) -> None:
    text = (ROOT / name).read_text()
    table = text.partition("<!-- make bench -->")[2].partition("<!-- end -->")[0]
    for stage in clients(load_map(), "client-2.1", "client-9.0"):
        assert f"| {stage.id} | " in table
    assert "`make bench`" in text


def test_a_table_as_markdown() -> None:
    bounds = [bound("CPU", 2, {"x": Measured(1, 1, 1)})]
    table = Table("A title", "Some notes.", ("a", "b"), [("x", "1")], bounds)
    assert as_markdown(table) == (
        "## A title\n\nSome notes.\n\n| a | b |\n| --- | ---: |\n| x | 1 |\n\n"
        "- holds: CPU, at most 2: 1.00, in single rounds 1.00 to 1.00 (x)\n"
    )


def test_the_plot_names_every_line_and_no_name_lies_on_another() -> None:
    picture = scale_svg(costs(1.5))
    for name in ("asyncio streams", "bare epoll", "bare twisted", "client-1"):
        assert picture.count(f">{name}</text>") == 1
    lines = re.findall(r'<line [^>]*class="plot ([\w-]+)', picture)
    assert len(set(lines)) == 4
    assert "bar" in picture
    places = spread([10.0, 11.0, 12.0, 100.0])
    assert places == [11 - LABEL, 11.0, 11 + LABEL, 100.0]


def test_the_learning_bench_measures_saves_beside_plain_runs() -> None:
    done = bench("learning.py", "2")
    assert done.stderr == ""
    assert "judged after" in done.stdout
    assert "a plain run" in done.stdout
