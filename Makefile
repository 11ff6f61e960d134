# make test PYTHON=python3.13 chooses an interpreter (after make clean).
# make lock UPGRADE=--upgrade takes newer versions than the locked ones.
.POSIX:
.PHONY: help demo test test-slow soak proof check bench docs docs-screenshots figures infra-local lock clean venv own-venv \
	azurite pulumi strace semgrep zensical prometheus porcupine versitygw chromium

VENV = .venv
PY = $(VENV)/bin/python
REQ = requirements.txt
UPGRADE =
PIP = $(PY) -m pip --disable-pip-version-check --no-input
COMPILE = $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate $(UPGRADE)

help:
	@echo 'make demo       run the main job on a plain folder (needs Python 3.11 or later and git)'
	@echo 'make test       the test suite, Azurite included'
	@echo 'make test-slow  the tests that take longer'
	@echo 'make soak       a load with faults, for an hour: SOAK_MINUTES=60'
	@echo 'make proof SEED=7 OPERATIONS=10000  many calls at once on every store, judged by porcupine'
	@echo 'make check      formatting, lint, types, import direction, workflows, public names'
	@echo 'make bench      the benchmarks; writes docs/benchmarks.md'
	@echo 'make figures    sizes, prose, complexity and import circles of the code'
	@echo 'make docs       the documentation as a site in build/docs/site, its links checked'
	@echo 'make docs-screenshots  the pictures of docs/console.md, made again in Chromium'
	@echo 'make infra-local  provision dev on this machine, without Azure, use it, destroy it'
	@echo 'make azurite strace semgrep prometheus porcupine versitygw chromium pulumi zensical  install a tool of the tests'
	@echo 'make lock       resolve the requirement files and the npm lock again'
	@echo 'make clean      remove everything that make made'

demo:
	@$(MAKE) -s venv REQ=requirements.txt
	@$(PY) -m ingenious_ops.demo

test: strace chromium azurite prometheus porcupine versitygw
	$(PY) -m pytest -n 2 -m 'not slow'

test-slow: strace chromium azurite semgrep zensical prometheus porcupine versitygw
	@$(PY) infra/tools/install.py || echo 'the tests that run Pulumi will skip' >&2
	@$(PY) -m tests.integration.prometheus.build || echo 'the tests that run Prometheus 3 will skip' >&2
	$(PY) -m pytest -n 2 -m slow

SOAK_MINUTES = 60

soak: azurite prometheus
	$(PY) -m tests.integration.soak --minutes $(SOAK_MINUTES)

# Recorded histories of every kind on every store, judged by porcupine. SEED=7 asks for what that
# seed decides, PLACE='disk azurite' and LAYERS='plain layered' choose, OPERATIONS are of each history.
SEED = 0
SEEDS = 1
OPERATIONS = 10000
PLACE = memory disk azurite azurite_sdk versitygw seaweedfs fake_gcs
LAYERS = plain

proof: azurite porcupine versitygw
	$(PY) -m tests.integration.proof --place $(PLACE) --layers $(LAYERS) --operations $(OPERATIONS) \
		--first-seed $(SEED) --seeds $(SEEDS)

check:
	@$(MAKE) -s venv REQ=requirements-dev.txt
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/lizard --languages python --CCN 12 --warnings_only ingenious_storage ops/ingenious_ops infra
	$(PY) tests/infra/workflows/lint.py
	$(PY) -m pytest -q tests/library/test_public_names.py

bench: azurite versitygw
	@$(MAKE) -s venv REQ=requirements-bench.txt
	@$(PY) infra/tools/install.py || echo 'what needs Pulumi is not measured' >&2
	@$(PY) -m benchmarks.azcopy.install || echo 'azcopy is not measured' >&2
	@$(MAKE) -s own-venv FOR=bench-gcs OWN=requirements-bench-gcs.txt
	@$(MAKE) -s own-venv FOR=bench-langgraph OWN=requirements-bench-langgraph.txt
	$(PY) -m benchmarks

docs: zensical
	$(PY) tools/docs/pages.py build/docs
	.cache/docs/bin/zensical build --strict --config-file build/docs/mkdocs.yml
	$(PY) -m tests.integration.site.links build/docs/site

# Takes the pictures of docs/console.md again.
docs-screenshots: chromium
	INGENIOUS_TEST_SCREENSHOTS=1 $(PY) -m pytest -q tests/ops/console/browser -k picture

# BEFORE='6cc1ca6 4885fa8' puts commits beside it.
figures:
	@$(MAKE) -s venv REQ=requirements-dev.txt
	@$(PY) tools/figures.py $(BEFORE) .

infra-local: azurite pulumi
	@$(PY) -m tests.infra.local_demo

lock:
	@$(MAKE) -s venv REQ=requirements-dev.txt
	$(COMPILE) --group build -o requirements.txt pyproject.toml
	$(COMPILE) --group build --extra dev -c requirements.txt -o requirements-dev.txt pyproject.toml
	$(COMPILE) --group build --group bench -c requirements-dev.txt -o requirements-bench.txt pyproject.toml
	$(COMPILE) --group audit -o requirements-audit.txt
	$(COMPILE) --group docs -o requirements-docs.txt
	$(COMPILE) --group bench-gcs -o requirements-bench-gcs.txt
	$(COMPILE) --group bench-langgraph -o requirements-bench-langgraph.txt
	$(PY) -m tests.library.adapters.ingenious.framework.environment
	$(PY) -m tests.library.adapters.google_adk.environment --lock
	$(PY) tests/integration/azurite/install.py --lock
	$(PY) -m benchmarks.azcopy.install --lock

clean:
	rm -rf $(VENV) .cache .demo build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Installs REQ unless it is installed already: the stamp is a copy of what was asked for.
venv:
	@if test -x $(PY) && cat pyproject.toml $(REQ) | cmp -s - $(VENV)/$(REQ); then exit 0; fi; \
	if ! $(PY) -c 'import pip' 2>/dev/null; then \
		found=; for python in $${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3 python}; do \
			"$$python" -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' \
				2>/dev/null && found=$$python && break; \
		done; \
		if test -z "$$found"; then \
			echo 'No Python 3.11 to 3.14 with venv was found. Install one, or name it: make demo PYTHON=/path/to/python' >&2; \
			exit 1; \
		fi; \
		"$$found" -m venv --clear $(VENV) || exit 1; \
	fi; \
	echo "Installing $(REQ) into $(VENV)"; \
	$(PIP) install --quiet --require-hashes --only-binary :all: -r $(REQ) && \
	$(PIP) install --quiet --no-deps --no-build-isolation --editable . && \
	cat pyproject.toml $(REQ) > $(VENV)/$(REQ)

azurite:
	@$(MAKE) -s venv REQ=requirements-dev.txt
	@$(PY) tests/integration/azurite/install.py

# The Pulumi CLI: an installed one, or built with Go.
pulumi:
	@$(MAKE) -s venv REQ=requirements-dev.txt
	@$(PY) infra/tools/install.py

# Debian's package, unpacked; without it the tests of alerts and dashboards skip.
prometheus:
	@$(MAKE) -s venv REQ=requirements-dev.txt
	@$(PY) -m tests.integration.prometheus.install || echo 'the tests that run promtool or Prometheus will skip' >&2

# The checker of recorded histories, built with Go.
porcupine:
	@$(MAKE) -s venv REQ=requirements-dev.txt
	@$(PY) -m tests.integration.proof.install || echo 'the tests that porcupine judges will skip' >&2

# An S3 server, built with Go: three minutes of CPU the first time.
versitygw:
	@$(MAKE) -s venv REQ=requirements-dev.txt
	@$(PY) -m tests.integration.servers.install || echo 'the tests that run versitygw will skip' >&2

# It pins versions that differ from ours.
semgrep:
	@$(MAKE) -s own-venv FOR=semgrep OWN=requirements-audit.txt

# The generator of the documentation site.
zensical:
	@$(MAKE) -s own-venv FOR=docs OWN=requirements-docs.txt

# Installs OWN into .cache/FOR, an environment of its own.
own-venv:
	@$(MAKE) -s venv REQ=requirements-dev.txt
	@if cmp -s $(OWN) .cache/$(FOR)/$(OWN); then exit 0; fi; \
	echo 'Installing $(OWN) into .cache/$(FOR)'; \
	$(PY) -m venv --clear .cache/$(FOR) && \
	.cache/$(FOR)/bin/python -m pip --disable-pip-version-check --no-input install --quiet \
		--require-hashes --only-binary :all: -r $(OWN) && \
	cp $(OWN) .cache/$(FOR)/

# A few tests kill a process at a chosen system call; without strace they skip and say so.
strace:
	@if ! command -v strace >/dev/null && command -v apt-get >/dev/null && test "$$(id -u)" = 0; then \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends strace >/dev/null; \
	fi; \
	command -v strace >/dev/null || echo 'strace is missing: the crash-point tests will skip' >&2

# The browser of the console's tests, with a font for Chinese, Japanese and Korean; without it they
# skip and say so.
chromium:
	@if ! command -v chromium >/dev/null && command -v apt-get >/dev/null && test "$$(id -u)" = 0; then \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium fonts-noto-cjk >/dev/null; \
	fi; \
	command -v chromium >/dev/null || echo 'chromium is missing: the tests of the console will skip' >&2
