"""Access: the clients of the API, their keys, what each may do, and how often.

Invariants: only the hash of a key is stored, and no log, message or page repeats a key; a revoked key is rejected
everywhere within `clients.CACHE_SECONDS`; a client has at most two keys. Imports the models, and nothing that posts or
serves.
"""
