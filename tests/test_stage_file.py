"""The checks of a learner's own file: pytest --stage-file FILE --as STAGE."""

from pathlib import Path

import pytest

from companion.check.run import Result, check_file, checks_of
from companion.check.show import failure_text
from companion.tutorial.stages import Stage, load_map


def the_stage(config: pytest.Config) -> Stage:
    return load_map().find(config.getoption("stage_as"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    given = metafunc.config.getoption("stage_file")
    checks = checks_of(the_stage(metafunc.config)) if given else []
    metafunc.parametrize("key", [check.key for check in checks])


@pytest.fixture(scope="module")
def results(pytestconfig: pytest.Config) -> dict[str, Result]:
    file = pytestconfig.invocation_params.dir / Path(pytestconfig.getoption("stage_file"))
    return {result.check.key: result for result in check_file(file, the_stage(pytestconfig))}


def test_the_file_does_what_its_stage_must_do(key: str, results: dict[str, Result]) -> None:
    if key not in results:
        pytest.skip("an earlier check has failed, and has to be mended first")
    if not results[key].passed:
        pytest.fail(failure_text(results[key]), pytrace=False)
