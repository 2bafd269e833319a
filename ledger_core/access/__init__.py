"""Access: the clients of the API, their keys, their permissions and their rate limits.

Invariants: only the hash of a key is stored, and no log, message or page shows a key; every process rejects a revoked
key within `keys.CACHE_SECONDS`; a client has at most two keys. Imports the models, and nothing that posts or serves.
"""
