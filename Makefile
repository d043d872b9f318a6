# The commands that the README names. `make setup` comes first by itself and is done in a second when nothing changed.

PYTHON ?= python3
BIN := .venv/bin
DEBIAN_RUN := tesseract-ocr tesseract-ocr-nld wdutch fonts-dejavu-core
DEBIAN_TEST := curl dovecot-imapd dovecot-lmtpd postgresql openssh-server clamav-daemon fonts-dejavu-extra \
	fonts-liberation2 fonts-crosextra-carlito fonts-crosextra-caladea
JOBS ?= 2

.PHONY: setup setup-run setup-test demo test test-long check bench chaos up lock format clean

setup: setup-run setup-test

setup-run: .venv/ready
	@./deploy/debian-packages $(DEBIAN_RUN)

setup-test: .venv/ready
	@./deploy/debian-packages $(DEBIAN_TEST)

.venv/ready: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is %d.%d" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing locked dependencies into .venv (about a minute the first time) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch .venv/ready

demo: setup-run
	@$(BIN)/gateway demo

up: setup-run
	@$(BIN)/gateway up

test: setup
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadscope -q

# The same questions asked many more times: about a quarter of an hour.
test-long: setup
	@INBOX_TEST_EXAMPLES=60 $(BIN)/python -m pytest -q tests/gateway/api/test_schemathesis.py
	@INBOX_TEST_MUTATIONS=20000 $(BIN)/python -m pytest -n $(JOBS) -q tests/adapters/email/reading/test_mutations.py

# Exactly what CI checks.
check: .venv/ready
	@$(BIN)/ruff format --check --quiet . || (echo "run: make format"; exit 1)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports --no-cache
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@$(BIN)/gateway config validate examples/moerdijk/configuration.yaml
	@./.ci/api-rules

bench: setup
	@$(BIN)/python -m tests.bench

# Random trouble around whole gateways, for about twenty minutes; exit 0 only when nothing is lost, doubled or stuck.
chaos: setup
	@$(BIN)/python -m tests.chaos

format: .venv/ready
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

# The locks hold hashes and no address; `uv` comes with the development dependencies.
lock:
	@$(BIN)/uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header \
		--all-extras pyproject.toml --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header \
		--all-extras --group dev --constraint requirements.lock pyproject.toml --output-file requirements-dev.lock

clean:
	@rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis .spectral
