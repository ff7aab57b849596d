# Each target is a thin call of the command line; `make grade` is the main job.
ASSIGNMENT ?= exercise2
SIZE ?= 40
PYTHON ?= python3
PYTEST_ARGS ?=
BENCH_ARGS ?=

BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: grade test test-thorough bench release lint docs clean solve

grade: release
	$(BIN)/sealgrade class $(ASSIGNMENT) --size $(SIZE)
	$(BIN)/sealgrade grade $(ASSIGNMENT)

release: $(STAMP)
	$(BIN)/sealgrade release $(ASSIGNMENT)

solve: $(STAMP)
	$(BIN)/sealgrade solve $(ASSIGNMENT)

PYTEST := $(BIN)/python -m pytest --numprocesses auto --dist worksteal

test: $(STAMP)
	$(PYTEST) -m "not thorough" $(PYTEST_ARGS)

test-thorough: $(STAMP)
	$(PYTEST) -m thorough $(PYTEST_ARGS)

bench: $(STAMP)
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

docs: $(STAMP)
	$(BIN)/python -m sphinx -q -W --keep-going docs docs/_build

clean: $(STAMP)
	$(BIN)/sealgrade clean

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	$(BIN)/python -m compileall -q sealgrade
	touch $@
