# Each target sets up what it needs; only Python 3.11 or newer and make have to be there.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-compile -c constraints.txt
READY := $(VENV)/.ready
# Bytecode is kept, also where the environment says otherwise: each process that a test starts would compile torch anew.
export PYTHONDONTWRITEBYTECODE :=
CLIP = $(firstword $(wildcard sample_clips/JPEGImages/*/*))

.PHONY: demo test check format

demo: $(READY)
	$(BIN)/glom-video annotate $(CLIP) -o demo --overwrite

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@mkdir -p .names && ln -sfn ../pipelines .names/glom_video_pipelines
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.11"; exit 1; }
	@echo "setting up $(VENV): a few minutes, once"
	$(PYTHON) -m venv $(VENV)
# torch first and alone: beside packages that leave its build open, pip may choose one with gigabytes of CUDA.
	$(PIP) torch
	$(PIP) -e ".[dev]"
	@touch $@
