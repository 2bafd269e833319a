-- Creates a binary search for a moment in an owner's history. An owner's times never decrease, so it needs no index of times,
-- which every post would have to write: a million entries take twenty reads. It only reads, and entries never change.

-- Returns the sequence number of the owner's last entry before the moment; 0 for none.
CREATE FUNCTION ledger_seq_before(owner text, moment timestamptz)
RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    low bigint := 0;
    high bigint := coalesce((SELECT max(seq) FROM ledger_entry WHERE owner_id = owner), 0);
    middle bigint;
BEGIN
    WHILE low < high LOOP
        middle := (low + high + 1) / 2;
        IF (SELECT created_on FROM ledger_entry WHERE owner_id = owner AND seq = middle) < moment THEN
            low := middle;
        ELSE
            high := middle - 1;
        END IF;
    END LOOP;
    RETURN low;
END
$$;
