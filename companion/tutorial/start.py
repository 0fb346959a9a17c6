"""A folder of the reader's own: the stages, the poems and the map, to change and to break."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

from companion.tutorial.stages import ROOT

# What is made by running.
MADE = (
    *("__pycache__", "dropin.cache", "twistd.log*", "twistd.pid", "_trial_temp*"),
    *("build", "*.hi", "*.o"),
)
LEFT_OUT = shutil.ignore_patterns(*MADE)
README = {
    "en": """\
# The stages of the Twisted companion

Every program of the tutorial, and the poems: yours to change and to break. From this folder:

    companion list                            every stage, by part of the tutorial
    companion race                            three clients, side by side
    companion run client-4.0                  a stage, with the servers that it needs
    python blocking-client/get-poetry.py -h   a stage by itself
    companion learn                           part after part, with the exercises, on one screen
    companion exercise                        what there is to do

Commands that are typed here take the files that are here; twistd finds the plugin of part 16
after `export PYTHONPATH=.`. Under git, `git diff` shows what you have changed, and
`git checkout FILE` takes it back.
""",
    "zh": """\
# Twisted 教程伴侣的各个阶段

教程里的每一个程序，还有那些诗歌：随你修改，改坏也没关系。在这个文件夹里：

    companion list                            按教程的各部分列出所有阶段
    companion race                            让三个客户端并排运行
    companion run client-4.0                  运行一个阶段，以及它需要的服务器
    python blocking-client/get-poetry.py -h   单独运行一个阶段
    companion learn                           在一个屏幕上逐部分学习、做练习
    companion exercise                        有哪些练习可做

在这里输入的命令，用的就是这里的文件；先输入 `export PYTHONPATH=.`，twistd 才能找到第 16 部分的
插件。有 git 的话，`git diff` 显示你改了什么，`git checkout 文件` 把它改回去。
""",
}
TEXTS = {
    "en": {
        "made": "{} holds the stages, the poems and the map{}",
        "git": ", under git",
        "next": "type: cd {}, and then: companion race",
    },
    "zh": {
        "made": "{} 里有各个阶段、诗歌和地图{}",
        "git": "，已由 git 管理",
        "next": "接着输入：cd {}，然后：companion race",
    },
}
GIT = ["git", "-c", "user.name=companion", "-c", "user.email=companion@localhost"]


class StartError(Exception):
    """There can be no such folder; the message is one line."""


def contents(root: Path) -> list[str]:
    """What belongs to the stages: of a clone, what the wheel holds; else all that is there."""
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        names = os.listdir(root)
        left_out = {"my", *LEFT_OUT(str(root), names)}
        return [name for name in names if name[0] != "." and name not in left_out]
    return [*project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]]


def start(folder: Path, lang: str) -> str:
    """Make the folder, under git where there is git; say what it holds, and what to type next.

    Raises StartError where it is there already, and not empty, or can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise StartError(f"{folder} is not empty; name a folder that is not there yet")
        for name in contents(ROOT):
            source, copy = ROOT / name, folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, copy, ignore=LEFT_OUT)
            else:
                shutil.copy2(source, copy)
        (folder / "README.md").write_text(README[lang], encoding="utf-8")
        (folder / ".gitignore").write_text("\n".join(MADE) + "\n", encoding="utf-8")
    except (OSError, shutil.Error) as err:
        raise StartError(f"can't write {folder}: {getattr(err, 'strerror', None) or err}") from None
    say = TEXTS[lang]
    git = say["git"] if kept(folder) else ""
    return f"{say['made'].format(folder, git)}\n{say['next'].format(folder)}"


def kept(folder: Path) -> bool:
    """Put what is in a folder under git. Whether that could be done."""
    if not shutil.which("git"):
        return False
    commit = ["commit", "--quiet", "--message", "The stages as they are"]
    for words in (["init", "--quiet"], ["add", "."], commit):
        if subprocess.run([*GIT, *words], cwd=folder, capture_output=True, check=False).returncode:
            return False
    return True
