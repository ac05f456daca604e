# What developers do. `make` prints this list.
PYTHON := .venv/bin/python
LOCKING := .venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --quiet --group build

.DEFAULT_GOAL := help
.PHONY: help test lint bench fit exercises lessons lock

help:  ## print this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

test:  ## run all tests, real browsers included
	python3 start.py test

lint:  ## mend what can be mended (format, imports, lessons in print, stripped notebooks), then check style and types
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format
	$(PYTHON) -m unpushy lessons
	$(PYTHON) -m nbstripout --keep-id --extra-keys "metadata.language_info" lessons/*.ipynb quizzes/*.ipynb solutions/*/*.ipynb
	$(PYTHON) -m mypy

bench:  ## measure the ear on the development split, the pages against stock Voilà, a class's quizzes, grading against stock nbgrader, a room of sixty
	.venv/bin/uv pip install --python $(PYTHON) --quiet --group bench
	$(PYTHON) training/bench.py
	$(PYTHON) bench/pages.py
	$(PYTHON) bench/quizzes.py
	$(PYTHON) bench/grading.py
	$(PYTHON) bench/room.py

fit:  ## fine-tune the encoder of the ear anew (see training/fit.py for what it needs)
	$(PYTHON) training/fit.py

exercises:  ## make exercises/ anew from solutions/
	$(PYTHON) -m unpushy exercises

lessons:  ## write anew what lessons/ show where nothing runs, from the content
	$(PYTHON) -m unpushy lessons

lock:  ## write the lock files anew
	$(LOCKING) --output-file requirements.lock --upgrade
	$(LOCKING) --group dev --constraint requirements.lock --output-file requirements-dev.lock
