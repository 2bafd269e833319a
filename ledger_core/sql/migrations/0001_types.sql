-- Creates the types of columns that hold what the API already checks, for writers that bypass it. They also keep hashes
-- unambiguous: line breaks separate the fields that an entry's hash covers. The length is not part of the regular
-- expression, because PostgreSQL would build a state for each possible character, for every row.
CREATE DOMAIN ledger_optional_text AS text COLLATE "C"
    CONSTRAINT ledger_text_plain CHECK (length(VALUE) <= 128 AND VALUE !~ '[[:cntrl:]]');
CREATE DOMAIN ledger_text AS ledger_optional_text CONSTRAINT ledger_text_not_empty CHECK (VALUE <> '');
CREATE DOMAIN ledger_units AS bigint CONSTRAINT ledger_units_positive CHECK (VALUE >= 1);
