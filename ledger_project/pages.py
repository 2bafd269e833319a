"""The content security policy, of pages alone."""

from csp.middleware import CSPMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class PagePolicyMiddleware(CSPMiddleware):
    """django-csp's, which puts the policy together anew for each response: a tenth of a request of the API."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = response.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response
