"""pytest --stage-file FILE --as STAGE: the checks of a learner's own file, and no other test.

With --exercise NUMBER in the place of --as, those of an exercise.
"""

from pathlib import Path

import pytest

UNESCAPED = "disable_test_id_escaping_and_forfeit_all_rights_to_community_support"
TESTS = Path(__file__).resolve().parents[2] / "tests" / "test_stage_file.py"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that name the file, and what it is to be."""
    group = parser.getgroup("companion")
    group.addoption("--stage-file", metavar="FILE", help="a file of your own, to be checked")
    group.addoption(
        "--stage-strict", action="store_true", help="what is beyond the tutorial decides, too"
    )
    group.addoption("--as", dest="stage_as", metavar="STAGE", help="the stage that it is to be")
    group.addoption("--exercise", metavar="NUMBER", help="the exercise that it is to solve")


def pytest_configure(config: pytest.Config) -> None:
    """Put the file in the place of the stage for the whole session. Raises UsageError where the
    options don't go together."""
    file, name = config.getoption("stage_file"), config.getoption("stage_as")
    number = config.getoption("exercise")
    if file is None and name is None and number is None:
        return
    from companion.check.exercise import find_task, stage_task
    from companion.check.run import CheckError, compiled
    from companion.render.language import language, translated
    from companion.tutorial.stages import UnknownStageError, load_map
    from companion.tutorial.toml import TableError

    try:
        if file is None or (name is None) == (number is None):
            raise CheckError(
                "--stage-file FILE and --as STAGE, or --exercise NUMBER, belong together"
            )
        path = config.invocation_params.dir / file
        if not path.is_file():
            raise CheckError(f"--stage-file: there is no file {file}")
        stages = load_map()
        task = find_task(number, stages) if number else stage_task(stages.find(name))
        if task.python:
            compiled(path)
    except (CheckError, TableError, UnknownStageError) as err:
        raise pytest.UsageError(translated(language(), str(err))) from None
    config.args[:] = [str(TESTS)]
    config._inicache[UNESCAPED] = True  # or the Chinese names of tests were shown as \u4e00


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without a file to check there is nothing to skip."""
    return True if collection_path == TESTS and not config.getoption("stage_file") else None
