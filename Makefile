# Each target makes .venv where there is none, from the lock file.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
unexport PYTHONDONTWRITEBYTECODE  # or each of hundreds of programs that tests start compiles anew
READY := $(VENV)/.ready

.PHONY: race test test-slow record bench lint pictures lock clean

race: $(READY)
	$(BIN)/companion race

# More workers than many a machine has cores: each of them often waits.
test: $(READY)
	$(BIN)/python -m pytest -n 3 --dist loadfile -q -m "not slow"

# What `make test` leaves out: what waits in real time, starts many programs or takes very many steps.
test-slow: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile -q -m slow

# What each stage prints, kept in tests/recorded/: written anew.
record: $(READY)
	$(BIN)/python -m tests.helpers.recording

# What a poem costs, beside asyncio, trio and a bare loop: prints it, and writes docs/bench.md.
bench: $(READY)
	$(BIN)/python bench

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or newer is needed; name one with: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo 'the venv module is missing; on Debian: apt-get install python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# The pictures that the READMEs show, from real runs.
pictures: $(READY)
	$(BIN)/python docs/pictures.py
	$(BIN)/companion race --svg docs/pictures/race.svg

# A lock file for every Python from 3.11 on, without a download address.
lock:
	$(PYTHON) -m venv build/lock-venv
	build/lock-venv/bin/pip install --quiet uv
	printf 'hatchling>=1.27\neditables>=0.5\n' > build/build-requirements.in
	build/lock-venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade \
		--all-extras pyproject.toml build/build-requirements.in -o requirements.lock

clean:
	rm -rf $(VENV) build dist _trial_temp* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
