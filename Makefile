# make demo    color real photographs with the bundled model
# make test    run all tests
# make check   the gate: formatting, lint, types, the house's walls
# make results measure the figures of the bundled models again (needs TINTYPE_DATA); the speed of the studio and of
#              training have benchmarks of their own in benchmarks/
# make systems train every system within one budget and judge all (seven hours; TINTYPE_DATA and TINTYPE_WEIGHTS)
# make docs    build the site into site/

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Processes that run tests: one for each core, up to eight; each takes a gigabyte.
WORKERS ?= logical --maxprocesses 8

.PHONY: demo test check results systems docs clean

demo: $(VENV)/demo.stamp
	$(BIN)/python tools/demo_photographs.py demo/gray
	$(BIN)/tintype colorize demo/gray -o demo/color --compare --force
	@echo "The colored photographs are in demo/color; *_compare.jpg shows each beside its gray original."

test: $(VENV)/dev.stamp system
	OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

results: $(VENV)/dev.stamp
	$(BIN)/python results/evaluate.py
	$(BIN)/python results/words.py
	OMP_NUM_THREADS=1 $(BIN)/python results/marks.py --threads 1
	$(BIN)/python results/fit_score.py
	$(BIN)/python results/agreement.py
	$(BIN)/python results/perceptual_agreement.py
	$(BIN)/python results/fit_matching.py
	$(BIN)/python results/reference.py
	$(BIN)/python results/album.py
	$(BIN)/python benchmarks/join.py
	$(BIN)/python benchmarks/networks.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/measure.py
	$(BIN)/tintype benchmark --suite open --suite eval-objects --suite eval-objects-film -o results/benchmark --pictures shareable --force
	$(BIN)/python tools/write_figures.py

systems: $(VENV)/dev.stamp
	$(BIN)/python results/systems.py -o runs/systems --rehearse
	$(BIN)/python results/systems.py -o runs/systems
	$(BIN)/python results/transfer.py -o runs/systems
	$(BIN)/python results/self_supervision.py -o runs/systems
	$(BIN)/python results/distillation.py -o runs/systems
	$(BIN)/python results/diversity.py -o runs/systems
	$(BIN)/python results/systems_page.py -o runs/systems

docs: $(VENV)/dev.stamp
	$(BIN)/mkdocs build --strict

.PHONY: system
system:
	@{ command -v exiftool && command -v chromium; } >/dev/null || tools/install_system.sh

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet . scikit-image scikit-learn
	touch $@

$(VENV)/dev.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) demo site build dist
