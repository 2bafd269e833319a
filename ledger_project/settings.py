"""Django's settings, read from environment variables. Defaults are safe for production: see docs/settings.md."""

from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF

from ledger_core.access.rate_limits.rates import Rate
from ledger_project import database_url, environment
from ledger_project.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
DEVELOPMENT = (
    environment.text("LEDGER_ENV", "production", form="production|development", like="production or development")
    == "development"
)


def _required(name: str, in_development: str) -> str:
    value = environment.secret(name) or (in_development if DEVELOPMENT else "")
    if not value:
        raise SystemExit(f"Set {name} or {name}_FILE. On your own machine you can set LEDGER_ENV=development instead.")
    return value


SECRET_KEY = _required("SECRET_KEY", "for development only: sessions of the admin on this machine")
ALLOWED_HOSTS = _required("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in environment.text("CSRF_TRUSTED_ORIGINS").split(",") if origin]
DEBUG = False
# OpenTelemetry's own variables. Without them its packages are not imported.
TRACING = bool(
    environment.text("OTEL_EXPORTER_OTLP_ENDPOINT") or environment.text("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
)

INSTALLED_APPS = [
    "ledger_core",  # before the admin, because it replaces some of its templates
    "ledger_core.apps.LedgerAdminConfig",  # Django's admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "django_prometheus",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    # The apps that share the ledger. To add an app, add a line here.
    "content",
    "ecommerce",
]

MIDDLEWARE = [
    "ledger_project.probes.answer_probes",
    *(["ledger_project.tracing.trace_requests"] if TRACING else []),
    "ledger_core.observability.request_log.observe_requests",
    "ledger_core.api.middleware.address_limit.limit_addresses",
    "ledger_core.api.middleware.paths.require_readable_paths",
    "ledger_core.speed.shortcut.serve_api",
    # From here on only for pages and for requests without TLS: serve_api has returned all other requests of the API.
    "django.middleware.security.SecurityMiddleware",
    "ledger_project.pages.PagePolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

ROOT_URLCONF = "ledger_project.urls"
WSGI_APPLICATION = "ledger_project.wsgi.application"

# Set by ledger_project.wsgi. SQL statements of requests have time-outs, those of commands have none.
SERVING = environment.boolean("LEDGER_SERVING", default=False)
_session = database_url.session_of_service() if SERVING else database_url.session_of_command()
try:
    _database = database_url.database(_required("DATABASE_URL", "postgresql:///ledger"), _session)
except ValueError as error:
    raise environment.invalid("DATABASE_URL", str(error)) from None
_database["OPTIONS"] |= {
    "server_side_binding": True,  # sends parameters separately from the SQL
    # psycopg prepares no statements, because they can be lost by a rollback, a pooler or a migration. The most frequent
    # ones are prepared by ledger_core.postgresql.statement.Statement, which handles that.
    "prepare_threshold": None,
}
DATABASES = {
    "default": _database
    | {
        # Each thread keeps its connection. A connection that was closed is replaced before a request uses it.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # Poolers in transaction mode do not support them. Commands may use them to read many rows.
        "DISABLE_SERVER_SIDE_CURSORS": SERVING,
    }
}
# 0 for poolers in transaction mode that do not support prepared statements.
DATABASE_PREPARE = environment.boolean("DATABASE_PREPARE", default=True)
# `manage.py servicerole` sets these for the service's role, because a pooler does not pass on those of a connection.
SERVICE_SESSION = database_url.session_of_service()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# After five wrong passwords, log-ins to the admin with this user name, or from this address, are locked for a while.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = ["ip_address", "username"]
AXES_CLIENT_IP_CALLABLE = "ledger_core.access.throttling.address_of"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # otherwise an attacker could lock out a user permanently
AXES_VERBOSE = False

# The page after a log-in without a valid ?next=.
LOGIN_REDIRECT_URL = "admin:index"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["ledger_project.formats"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
# In development, static files are served from their packages, without collectstatic.
STATIC_ROOT = None if DEVELOPMENT else BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = DEVELOPMENT
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Requests arrive over TLS, which the proxy reports in X-Forwarded-Proto.
if not DEVELOPMENT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = environment.boolean("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True


# Threads of a worker that serve requests; None in commands.
WEB_THREADS = environment.integer("WEB_THREADS", 4, least=1) if SERVING else None

# How many seconds a hold lasts if neither the request nor the operation says so. At most 30 days.
HOLD_SECONDS = environment.integer("LEDGER_HOLD_SECONDS", 7 * 24 * 3600, least=1, most=30 * 24 * 3600)

# Limits for each client and for each address. The workers of a replica count together; with Redis, all replicas do.
RATE_LIMIT = environment.parsed("LEDGER_RATE_LIMIT", "1000/s", Rate.parse)
ADDRESS_RATE_LIMIT = environment.parsed("LEDGER_ADDRESS_RATE_LIMIT", "1000/s", Rate.parse)
REDIS_URL = environment.text(
    "REDIS_URL", form="|(rediss?|unix)://.*", like="a URL of Redis, such as redis://host:6379/0"
)

# Pages may load only what this service serves, and may not be shown in frames.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Swagger's icons
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# The largest body that any view accepts, in bytes. Posts of a single operation accept less (ledger_core.api.views).
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["ledger_core.access.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["ledger_core.access.authentication.OfTheApp"],
    "NUM_PROXIES": environment.integer("LEDGER_PROXIES", 0),
    "DEFAULT_PARSER_CLASSES": ["ledger_core.api.rest_framework.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["ledger_core.api.rest_framework.JSONRenderer"],
    "URL_FORMAT_OVERRIDE": None,  # no ?format=
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "ledger_core.api.problems.handlers.handle",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Shared Ledger",
    "DESCRIPTION": "One balance of credits per owner, shared by all applications of a company.\n\n"
    "Rejected requests return a problem document and change nothing; [each problem has a page](/api/problems). To run "
    "the examples, select *Authorize* and enter an API key (`make run` prints one), then run them from top to bottom."
    "\n\nIntegers with the format `int64` can be larger than 2^53. JavaScript's `JSON.parse` rounds them, and jq "
    "rounds them in calculations. Use a parser that keeps integers exact.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SORT_OPERATIONS": False,  # in the order of `ledger_urls`: posting comes first
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "POSTPROCESSING_HOOKS": [
        "ledger_core.api.documentation.postprocessing.share_parts",
        "ledger_core.api.documentation.postprocessing.mark_int64",
    ],
}

LOGGING = logging_config(json=not DEVELOPMENT, tracing=TRACING)
