"""The REST API: typed requests in, one call of the domain, typed responses or problem documents out.

`requests` reads bodies and query strings, `middleware` is what surrounds the views, `documentation` is OpenAPI and the
pages about problems.

Invariants: a view makes one call of the domain and holds no rule; every error is a problem document with a stable code;
unknown fields and query parameters are rejected. Nothing but the project's settings and the apps' `urls` imports it.
"""
