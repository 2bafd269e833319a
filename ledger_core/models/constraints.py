"""The names of the constraints that enforce the ledger's rules. Models define them, and `rules` maps them to errors."""

# Of the types in sql/migrations/0001_tables.sql, which several columns have.
TEXT_PLAIN = "ledger_text_plain"
TEXT_NOT_EMPTY = "ledger_text_not_empty"
UNITS_POSITIVE = "ledger_units_positive"
HELD_NOT_NEGATIVE = "ledger_held_not_negative"
METADATA_SMALL = "ledger_metadata_small"

AVAILABLE_NOT_NEGATIVE = "ledger_account_available_not_negative"

NONCE_ONCE = "ledger_entry_nonce_once"
CLAIM_ONCE = "ledger_entry_claim_once"
SEQUENCE = "ledger_entry_sequence"
ENTRY_AVAILABLE_NOT_NEGATIVE = "ledger_entry_available_not_negative"
REVERSES_OWN = "ledger_entry_reverses_own"

REMAINING_NOT_NEGATIVE = "ledger_open_units_remaining_not_negative"

CLIENT_NAME_ONCE = "ledger_client_name_once"
CLIENT_NAME_PLAIN = "ledger_client_name_plain"
CLIENT_NAME_NOT_STAFF = "ledger_client_name_not_staff"
CLIENT_SCOPES_KNOWN = "ledger_client_scopes_known"

KEY_DIGEST_ONCE = "ledger_key_digest_once"
KEY_SLOT_ONCE = "ledger_key_slot_once"
KEY_SLOT_OF_TWO = "ledger_key_slot_of_two"
