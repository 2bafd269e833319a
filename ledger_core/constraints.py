"""The names of the constraints that hold the ledger's rules, shared by the models and the errors they become."""

BALANCE_NOT_NEGATIVE = "ledger_account_balance_not_negative"
OWNER_PLAIN = "ledger_account_owner_plain"

NONCE_ONCE = "ledger_entry_nonce_once"
CLAIM_ONCE = "ledger_entry_claim_once"
SEQUENCE = "ledger_entry_sequence"
STARTS_FROM_ZERO = "ledger_entry_starts_from_zero"
AMOUNT_POSITIVE = "ledger_entry_amount_positive"
NONCE_PLAIN = "ledger_entry_nonce_plain"
CLIENT_PLAIN = "ledger_entry_client_plain"
OF_ACCOUNT = "ledger_entry_of_account"
REVERSES_OWN = "ledger_entry_reverses_own"
