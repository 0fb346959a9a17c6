# Each target makes .venv where there is none, from the lock file.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
unexport PYTHONDONTWRITEBYTECODE  # or each of hundreds of programs that tests start compiles anew
READY := $(VENV)/.ready

OLDEST := build/twisted-oldest
NEWEST := build/twisted-newest
BOUND := $(shell sed -n 's/.*"twisted>=\([0-9.]*\)".*/\1/p' pyproject.toml)
PROBE_TESTS := tests/companion/probe tests/companion/trace

.PHONY: race help guide learn test test-slow test-twisted record bench lint pictures lock wheel clean

race: $(READY)  ## race the clients, side by side
	$(BIN)/companion race

help:  ## list the targets, each with what it does
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' Makefile | expand -t 14

guide: $(READY)  ## open the guide, a page a part, in your browser
	@$(BIN)/companion guide

learn: $(READY)  ## go through the parts and their exercises, on one screen
	@$(BIN)/companion learn

# More workers than many a machine has cores: each of them often waits.
test: $(READY)  ## run the tests that take no time, in two or three minutes
	$(BIN)/python -m pytest -n 3 --dist loadfile -q -m "not slow"

test-slow: $(READY)  ## run the others: they wait in real time, start many programs, take many steps
	$(BIN)/python -m pytest -n 2 --dist loadfile -q -m slow

# The lock file's packages, but for Twisted.
test-twisted: $(OLDEST)/.ready $(NEWEST)/.ready  ## run the probe's tests on the oldest Twisted allowed and the newest
	$(OLDEST)/bin/pip install --quiet twisted==$(BOUND)
	$(NEWEST)/bin/pip install --quiet --upgrade twisted
	$(OLDEST)/bin/python -m pytest -n 2 --dist loadfile -q -m "not slow" $(PROBE_TESTS)
	$(NEWEST)/bin/python -m pytest -n 2 --dist loadfile -q -m "not slow" $(PROBE_TESTS)

record: $(READY)  ## write anew what each stage prints, in tests/recorded/
	$(BIN)/python -m tests.helpers.recording

bench: $(READY)  ## measure what a poem costs beside asyncio, trio and a bare loop, for docs/bench.md
	$(BIN)/python bench

lint: $(READY)  ## check the style and the types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(READY) $(OLDEST)/.ready $(NEWEST)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or newer is needed; name one with: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo 'the venv module is missing; on Debian: apt-get install python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --require-hashes -r requirements.lock
	$(@D)/bin/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

pictures: $(READY)  ## draw the pictures of the READMEs and of docs/internals.md anew
	$(BIN)/python -m docs.pictures

# For every Python from 3.11 on, without a download address.
lock:  ## make requirements.lock anew from pyproject.toml
	$(PYTHON) -m venv build/lock-venv
	build/lock-venv/bin/pip install --quiet uv
	printf 'hatchling>=1.27\neditables>=0.5\n' > build/build-requirements.in
	build/lock-venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade \
		--all-extras pyproject.toml build/build-requirements.in -o requirements.lock

# In a fresh environment and an empty folder: no clone is near.
wheel: $(READY)  ## build the wheel, and try it by itself
	rm -rf dist build/wheel
	$(BIN)/python -m hatchling build -t wheel -d dist
	$(PYTHON) -m venv build/wheel
	build/wheel/bin/pip install --quiet --require-hashes -r requirements.lock
	build/wheel/bin/pip install --quiet --no-deps dist/*.whl
	mkdir build/wheel/empty
	cd build/wheel/empty && ../bin/companion race --num-bytes 500
	cd build/wheel/empty && ../bin/companion start mine
	cd build/wheel/empty/mine && ../../bin/companion run --virtual client-9.0

clean:  ## remove all that was made here
	rm -rf $(VENV) build dist _trial_temp* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
