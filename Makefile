# Two commands do everything: `make live` (set up, build, serve with running cells) and `make test` (set up, run every test).
# Repeating a command repeats only what changed.

VENV    := .venv
PYTHON  ?= python3
BIN     := $(VENV)/bin
PORT    ?= 8888
BUILD   := _build
STAMPS  := $(VENV)/stamps
HTML    := $(BUILD)/html
# Where to take torch from. On Linux, the address of PyTorch's CPU wheels saves several GB: make live TORCH_INDEX=https://...
TORCH_INDEX ?=
TORCH   := $(shell sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements.txt)
SOURCES := _config.yml _toc.yml $(shell find book code -type f -not -name '*.pyc' 2>/dev/null)
export PAPER
export PATH := $(abspath $(BIN)):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: live book pdf site bench cells test check setup browser tex clean lock format

live: book                     ## set up, build, serve on 127.0.0.1 with running cells
	$(BIN)/python -m booksite.server --html $(HTML) --port $(PORT)

book: setup                    ## set up, build _build/html
	$(BIN)/jb build . -n -W --keep-going

pdf: tex                       ## set up, make the printed book, _build/pdf; PAPER=a4 or PAPER=7x10
	$(BIN)/jb build . -n -W --keep-going --builder latex --path-output $(BUILD)/print
	$(BIN)/python -m booksite.pdf $(BUILD)/print/_build/latex $(BUILD)/pdf

site: pdf book                 ## book and PDF in one folder, _build/html, ready for a static host

test: check site browser   ## set up, build, run every test
	$(BIN)/python -m pytest

check: setup                   ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup                  ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: book browser            ## measure what a reader waits for, then our convolutions beside torch's own (20 minutes, idle)
	@missed=0; \
	$(BIN)/python benchmarks/pages.py || missed=1; \
	$(BIN)/python benchmarks/many_readers.py || missed=1; \
	OMP_WAIT_POLICY=PASSIVE $(BIN)/python benchmarks/conv_speed.py || missed=1; \
	exit $$missed

cells: book                    ## run every cell of every page after just what it needs; compare with what the build printed
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m booksite.cell_check

setup: $(STAMPS)/python $(STAMPS)/npm

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"This book needs Python 3.11 or newer; {sys.executable} is {v.major}.{v.minor}. Name another: make live PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/python: $(STAMPS)/venv requirements.txt constraints.txt pyproject.toml
	$(BIN)/python -m pip install --quiet $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(TORCH)
	$(BIN)/python -m pip install --quiet -r requirements.txt -c constraints.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

$(STAMPS)/npm: $(STAMPS)/python package.json package-lock.json .npmrc
	$(BIN)/npm ci --ignore-scripts --no-update-notifier --loglevel=error
	@touch $@

browser: setup                 ## find Chromium for the browser tests, or install it
	$(BIN)/python -m booksite.chromium --install

tex: setup                     ## find XeLaTeX for the printed book, or install it
	$(BIN)/python -m booksite.texlive --install

lock: setup                    ## write down the exact version of every package that is installed
	$(BIN)/python -m pip freeze --exclude-editable --exclude torch | grep -v ' @ ' > constraints.txt

clean:                         ## remove everything that was built; the virtual environment stays
	rm -rf $(BUILD) .pytest_cache .mypy_cache .ruff_cache .hypothesis
