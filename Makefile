# Needs Python 3.11 or newer and make. uv comes by itself; so does PostgreSQL.
export LEDGER_ENV ?= development
UV := $(shell command -v uv || echo .uv/bin/uv)
RUN := $(UV) run --locked
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help install run test unit check lint audit format soak fuzz mutations upgrade migrations shell

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.uv/bin/uv:
	python3 deploy/get_uv.py .uv

install: $(UV) ## fetch uv if it is missing, and all packages
	@$(UV) sync --locked --quiet

run: install ## serve the ledger on port 8000 (PORT=8001 for another), with its database
	@PORT=$(PORT) $(RUN) python -m ledger_project.serve

test: install ## run the tests on a PostgreSQL of their own
	@$(RUN) pytest -n 2

unit: install ## run the tests that need no database, in seconds
	@$(RUN) pytest -m "not django_db and not service and not soak and not fuzz"

soak: install ## kill PostgreSQL and workers under load, twenty times and more (minutes)
	@$(RUN) pytest -m soak -s

fuzz: install ## thousands of requests made from the OpenAPI documents, good and bad (minutes)
	@$(RUN) pytest -m fuzz -s

mutations: install ## take away one guard at a time, and see which tests fail (minutes)
	@$(RUN) python -m ledger_core.tests.mutations

lint: install ## ruff, mypy and the direction of imports
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) lint-imports

audit: install ## known vulnerabilities of the packages in uv.lock, as api.osv.dev knows them
	@$(UV) audit --locked --preview-features audit-command || \
	    { [ $$? -eq 2 ] && echo "NOT AUDITED: api.osv.dev could not be asked."; }  # 1 is a finding

check: lint audit unit ## all that CI does
	$(RUN) manage.py makemigrations --check --dry-run
	$(RUN) manage.py spectacular --validate --fail-on-warn --file /dev/null
	LEDGER_ENV=production SECRET_KEY=$$($(RUN) python -c 'import secrets; print(secrets.token_urlsafe(50))') \
	    ALLOWED_HOSTS=ledger.example DATABASE_URL=postgresql:///none \
	    $(RUN) manage.py check --deploy --fail-level WARNING
	$(RUN) pytest -n 2

format: install ## format the code and mend what ruff can
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

upgrade: install ## migrate the database
	$(RUN) manage.py migrate

migrations: install ## write the migrations of an app: make migrations app=content
	$(RUN) manage.py makemigrations $(app)

shell: install ## Python with the models at hand
	$(RUN) manage.py shell
