# Every target sets up .venv first if needed; make gpu VENV= uses $(PYTHON) as it is. These narrow the long ones:
#   ONLY="clipping/table2 clipping/*"  SEEDS=5  EPOCHS=1  BUDGET=30m  NEEDS=any  FROM=published

PYTHON ?= python3
VENV ?= .venv
READY := $(VENV)/.ready
CONSTRAINTS ?= constraints.txt
EXTRAS ?= dev,peers,trainers,dask,slurm,site,browser,tensorboard,trackio
# The CPU build of torch needs a third of the space: make setup TORCH=cpu
TORCH ?=
PIP = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS)
HYPEROPT := $(VENV)/bin/hyperopt
PYTEST := $(VENV)/bin/python -m pytest @tests/in_parallel.txt

# Quoted, so that hyperopt and not the shell expands a glob.
only = $(foreach id,$(ONLY),'$(id)')
options = $(if $(SEEDS),'seeds=$(SEEDS)') $(if $(EPOCHS),'epochs=$(EPOCHS)') $(if $(BUDGET),'budget=$(BUDGET)') \
	$(if $(NEEDS),'needs=$(NEEDS)') $(if $(FROM),'from=$(FROM)')

.DEFAULT_GOAL := help
.PHONY: setup tables figures render publish site times test torture lint bench costs gpu help

setup: $(READY)  ## make .venv with the versions in constraints.txt

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"Python 3.11 or newer is needed; name one, as in: make setup PYTHON=python3.12")'
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV), once: $(if $(filter cpu,$(TORCH)),some 2 GB,some 6 GB with CUDA (TORCH=cpu: some 2 GB))"
	@# pip unpacks for minutes without output; meanwhile, print the growing size of the folder.
	@(s=0; while sleep 10; do s=$$((s + 10)); echo "  $$s s, $$(du -sh $(VENV) 2>/dev/null | cut -f1) so far"; done) & \
	alive=$$!; trap "kill $$alive" EXIT; \
	$(if $(filter cpu,$(TORCH)),$(PIP) --no-deps --index-url https://download.pytorch.org/whl/cpu torch torchvision && ) \
	$(PIP) -e '.[$(EXTRAS)]'
	@touch $@

tables: $(READY)  ## train what is missing and print the tables: make tables ONLY=clipping/table2
	@$(HYPEROPT) tables $(only) $(options)

figures: $(READY)  ## the same for figures
	@$(HYPEROPT) figures $(only) $(options)

render: $(READY)  ## rewrite the pages in results/ from the published records; trains nothing
	@$(HYPEROPT) render $(only)

publish: $(READY)  ## copy finished runs to results/records and render their pages: make publish ONLY=clipping/table2
	@$(HYPEROPT) publish $(only)

site: $(READY)  ## write the published pages as a static site into site/
	@$(HYPEROPT) site

times: $(READY)  ## time each row of a table alone, on an idle machine: make times ONLY=adabelief_amsgrad/table3 STEPS=100
	@$(VENV)/bin/python -m benchmarks times $(only) $(if $(STEPS),--steps $(STEPS))

test: $(READY)  ## run the tests, in up to four processes
	@$(PYTEST)

torture: $(READY)  ## 60 times as many kills, damaged files and concurrent commands as make test: 20 minutes on two cores
	@TORTURE=60 $(PYTEST) --dist=load tests/reliability tests/engine/test_pack_files.py

lint: $(READY)  ## check style, formatting and types
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy

bench: $(READY)  ## compare speed with peers: make bench ONLY="steps costs optimizer"; TABLE=1 adds a whole table
	@$(VENV)/bin/python -m benchmarks pages $(only) $(if $(TABLE),--table)

costs: $(READY)  ## compare time and memory of hypergradient descent with its base methods, on an idle machine
	@$(VENV)/bin/python -m benchmarks pages costs

gpu: $(if $(VENV),$(READY))  ## measure on a GPU, in pieces: make gpu ONLY="steps parity"; REHEARSE=1 uses the CPU and tiny sizes
	@$(if $(VENV),$(VENV)/bin/python,PYTHONPATH=$(CURDIR):$$PYTHONPATH $(PYTHON)) -m benchmarks gpu $(only) \
		$(if $(REHEARSE),--rehearse)

help:  ## show this list
	@awk -F ':.*  ## ' '/^[a-z]+:.*  ## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
