"""16.1: a tac file that serves two poems; the second has services of its own, in one."""

import json
import re
from typing import Any

from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.peers import script
from companion.virtual.run import Received, Run

MARK = "@@ "
TREE = """\
import json
import runpy

from twisted.application import service


def tree(one):
    if service.IServiceCollection.providedBy(one):
        return [tree(each) for each in one]
    return type(one).__name__


application = runpy.run_path({path!r}, run_name="tac")["application"]
print("{mark}" + json.dumps(tree(service.IServiceCollection(application))))
"""


def ports(subject: Subject) -> tuple[Run, list[int]]:
    """A run, and the ports on which twistd says that something starts."""
    run = subject.run((), (), clients=(script.reader(1),))
    return run, [int(port) for port in re.findall(r"starting on (\d+)", run.stdout)]


def got(subject: Subject) -> tuple[Run, list[Received]]:
    """What a client got at each port."""
    run, found = ports(subject)
    subject.expect(len(found) > 1, "two ports on which a factory starts", run, told(found))
    clients = tuple(script.Client(at, port=port) for at, port in enumerate(found, 1))
    run = subject.run((), (), clients=clients)
    return run, list(run.clients)


def told(found: list[int]) -> str:
    return f"it listens on {', '.join(map(str, found))}" if found else ""


@asks(
    "second",
    name=("two poems are served, on two ports", "在两个端口提供两首诗"),
    hint=(
        "a PoetryService, a PoetryFactory and a TCPServer for each; a service without a parent"
        " is never started",
        "每首诗都要有 PoetryService、PoetryFactory 和 TCPServer；没有上级的服务不会启动",
    ),
)
def second(subject: Subject) -> None:
    run, clients = got(subject)
    poems = {client.data for client in clients if client.how == "done" and client.data}
    seen = f"clients get {len(poems)} different poems"
    subject.expect(len(poems) > 1, "another poem on each port, to its end", run, seen)


def collections(tree: list[Any]) -> list[list[Any]]:
    """A collection of services, and those in it."""
    inner = [each for each in tree if isinstance(each, list)]
    return [tree, *(found for each in inner for found in collections(each))]


@asks(
    "own",
    name=("the services of the second have a MultiService of their own", "第二首诗的服务自成一组"),
    hint=(
        "a new MultiService is the parent of both, and has a parent itself",
        "新建一个 MultiService，作为这两个服务的上级，它自己也有上级",
    ),
)
def own(subject: Subject) -> None:
    tac = subject.folder / "tree.py"
    tac.write_text(TREE.format(path=str(subject.file), mark=MARK), encoding="utf-8")
    run = Subject(tac, subject.stage, subject.folder).run((), (), clients=(script.reader(1),))
    lines = re.findall(rf"{MARK}(.*)", run.stdout)
    subject.expect(lines, "a tac file with an application", run)
    tree = json.loads(lines[0])
    pairs = [one for one in collections(tree) if [type(each) for each in one].count(str) == 2]
    whole = sum(isinstance(each, str) for one in collections(tree) for each in one)
    seen = f"the tree of services is {lines[0]}"
    subject.expect(pairs and whole >= 4, "two services in a MultiService alone", run, seen)
