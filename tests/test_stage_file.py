"""The checks of a learner's own file: pytest --stage-file FILE --as STAGE."""

from pathlib import Path

import pytest

from companion.check.exercise import Task, find_task, stage_task
from companion.check.show import Report, cause_lines, failure_text, report_of
from companion.render.language import language
from companion.render.terminal import Screen
from companion.tutorial.stages import load_map


def the_task(config: pytest.Config) -> Task:
    stages, number = load_map(), config.getoption("exercise")
    if number:
        return find_task(number, stages)
    return stage_task(stages.find(config.getoption("stage_as")))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    given = metafunc.config.getoption("stage_file")
    checks = the_task(metafunc.config).checks if given else ()
    names = [check.name[language()] for check in checks]
    metafunc.parametrize("key", [check.key for check in checks], ids=names)


@pytest.fixture(scope="module")
def report(pytestconfig: pytest.Config) -> Report:
    file = pytestconfig.invocation_params.dir / Path(pytestconfig.getoption("stage_file"))
    strict = pytestconfig.getoption("stage_strict")
    return report_of(file, the_task(pytestconfig), strict)


def test_stage(key: str, report: Report) -> None:
    results = {result.check.key: result for result in report.results}
    if key not in results:
        pytest.skip("an earlier check has failed, and has to be mended first")
    result = results[key]
    if result in report.failed[:1]:
        cause = "\n".join(cause_lines(report, Screen(lang=language())))
        pytest.fail(cause, pytrace=False)
    if result in report.failed:
        pytest.fail(failure_text(result, language()), pytrace=False)
    if not result.passed:
        pytest.skip(result.hint.get(language(), result.happened))
