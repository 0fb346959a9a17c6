"""The checks of a learner's own file: pytest --stage-file FILE --as STAGE."""

from pathlib import Path

import pytest

from companion.check.run import checks_of
from companion.check.show import Report, Screen, cause_lines, failure_text, report_of
from companion.render.terminal import language
from companion.tutorial.stages import Stage, load_map


def the_stage(config: pytest.Config) -> Stage:
    return load_map().find(config.getoption("stage_as"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    given = metafunc.config.getoption("stage_file")
    checks = checks_of(the_stage(metafunc.config)) if given else []
    names = [check.name[language()] for check in checks]
    metafunc.parametrize("key", [check.key for check in checks], ids=names)


@pytest.fixture(scope="module")
def report(pytestconfig: pytest.Config) -> Report:
    file = pytestconfig.invocation_params.dir / Path(pytestconfig.getoption("stage_file"))
    strict = pytestconfig.getoption("stage_strict")
    return report_of(file, the_stage(pytestconfig), strict)


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
