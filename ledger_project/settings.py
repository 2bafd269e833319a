"""Settings, from the environment. Without LEDGER_ENV=development nothing is assumed that would not be safe."""

import os
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from ledger_core.rate_limits.rates import Rate
from ledger_project.logs import logging_config
from ledger_project.postgresql import connecting

BASE_DIR = Path(__file__).resolve().parent.parent
DEVELOPMENT = os.environ.get("LEDGER_ENV") == "development"


def _required(name: str, in_development: str) -> str:
    """Return a variable, or what is in the file that `{name}_FILE` names, as secrets are mounted."""
    file = os.environ.get(f"{name}_FILE")
    value = Path(file).read_text().strip() if file else os.environ.get(name)
    value = value or (in_development if DEVELOPMENT else "")
    if not value:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, or LEDGER_ENV=development for a service of your own.")
    return value


SECRET_KEY = _required("SECRET_KEY", "for development only: sessions of the admin on this machine")
ALLOWED_HOSTS = _required("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if origin]
DEBUG = False
# OpenTelemetry's own variables; without them nothing of it is loaded.
TRACING = any(os.environ.get(f"OTEL_EXPORTER_OTLP_{which}ENDPOINT") for which in ("", "TRACES_"))

INSTALLED_APPS = [
    "ledger_core",  # before the admin, one of whose templates it replaces
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "django_prometheus",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    # The applications that share the ledger: a further one is a line here.
    "content",
    "ecommerce",
]

MIDDLEWARE = [
    "ledger_project.probes.answer_probes",
    *(["ledger_project.tracing.trace_requests"] if TRACING else []),
    "ledger_core.middleware.observe_requests",
    "ledger_core.api.throttling.limit_addresses",
    "ledger_core.api.shortcut.answer_api",
    # Of pages, and of what comes without TLS: no other request of the API comes so far.
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

# Set by ledger_project.wsgi: a request's statements end in bounded time. Commands take as long as they need.
SERVING = os.environ.get("LEDGER_SERVING") == "1"
_session = connecting.session_of_service() if SERVING else connecting.session_of_command()
try:
    _database = connecting.database(_required("DATABASE_URL", "postgresql:///ledger"), _session)
except ValueError as error:
    raise ImproperlyConfigured(f"DATABASE_URL: {error}") from None
_database["OPTIONS"] |= {
    "server_side_binding": True,  # parameters are sent apart from the SQL
    # psycopg prepares nothing, so a rollback, a pooler or a migration leaves it nothing to lose. What nearly every
    # request executes is prepared by ledger_core.sql.Statement.
    "prepare_threshold": None,
}
DATABASES = {
    "default": _database
    | {
        # Each thread keeps a connection for good. One that ended meanwhile is replaced before a request uses it.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # A pooler in transaction mode has none. Commands read millions of rows by them, and connect directly.
        "DISABLE_SERVER_SIDE_CURSORS": SERVING,
    }
}
# For a pooler in transaction mode that does not carry prepared statements.
DATABASE_PREPARE = os.environ.get("DATABASE_PREPARE") != "0"
# What `manage.py servicerole` sets for the service's role, since a pooler does not pass it on.
SERVICE_SESSION = connecting.session_of_service()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Of the admin: who guesses passwords is shut out for a while, by address and by the name that is tried.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = ["ip_address", "username"]
AXES_CLIENT_IP_CALLABLE = "ledger_core.api.throttling.address_of"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # or a stranger could keep somebody out for good
AXES_VERBOSE = False

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["ledger_project.formats"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
# In development files are found where their packages have them, without collectstatic.
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

# Requests come over TLS, or by a proxy that says so.
if not DEVELOPMENT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = os.environ.get("SECURE_SSL_REDIRECT", "1") == "1"
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True


def _rate(name: str) -> Rate | None:
    try:
        return Rate.parse(os.environ.get(name) or "1000/s")
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None


# Of a client, and of an address, whoever asks from there. Workers of a replica count together; with Redis, all do.
RATE_LIMIT = _rate("LEDGER_RATE_LIMIT")
ADDRESS_RATE_LIMIT = _rate("LEDGER_ADDRESS_RATE_LIMIT")
REDIS_URL = os.environ.get("REDIS_URL", "")

# Pages load what this service serves, and nothing else; nobody frames them.
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

# The most that any view reads; one that takes a single operation reads less (ledger_core.api.views).
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["ledger_core.api.access.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["ledger_core.api.access.OfTheApp"],
    "NUM_PROXIES": int(os.environ.get("LEDGER_PROXIES", "0")),
    "DEFAULT_PARSER_CLASSES": ["ledger_core.api.json.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["ledger_core.api.json.JSONRenderer"],
    "URL_FORMAT_OVERRIDE": None,  # no ?format=
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "ledger_core.api.problems.handle",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Shared Ledger",
    "DESCRIPTION": "One balance of credits per owner, shared by all the applications of a company.\n\n"
    "What is refused is told as a problem document; [each problem has a page](/api/problems). The examples run as they "
    "stand, from the first to the last, once *Authorize* is given a key: `make run` prints one.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SORT_OPERATIONS": False,  # as `ledger_urls` has them: to post comes first
    "SERVE_AUTHENTICATION": [],  # what the API is like is no secret
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    # Assets from a package of this service, not from a CDN.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"defaultModelsExpandDepth": 0, "tryItOutEnabled": True},
}

LOGGING = logging_config(json=not DEVELOPMENT, tracing=TRACING)
