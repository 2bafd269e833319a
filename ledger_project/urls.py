"""The addresses of the service: the API, a redirect from / to its documentation, and the admin."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from ledger_core.api.problems import handlers
from ledger_core.api.urls import api_urls

urlpatterns = [
    *api_urls(),
    path("", RedirectView.as_view(url="/api/docs")),
    path("admin/", admin.site.urls),
]

handler400 = handlers.bad_request
handler404 = handlers.not_found
handler500 = handlers.server_error
