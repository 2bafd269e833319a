"""The REST API: typed requests in, one call of the domain, typed responses or problem documents out.

    requests         the types of bodies and query strings, and how they are decoded
    documents        the types of successful responses
    problems         errors as problem documents, and the list of all errors
    responses        JSON responses
    rest_framework   how Django REST framework reads JSON
    documentation    OpenAPI documents, the Swagger page, and the pages about problems
    views, urls      the endpoints and their addresses
    middleware       what happens before a view is called

Invariants: a view makes one call of the domain and holds no rule; every error is a problem document with a stable code;
unknown fields and query parameters are rejected. Only `apps`, the project and the apps' `urls` import it.
"""
