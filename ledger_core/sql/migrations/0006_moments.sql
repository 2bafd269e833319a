-- Finds the place of a moment in an owner's history. Time runs with the sequence, so each look halves what is left, and no
-- index of times is needed: a million entries take twenty looks, and every post is spared a write.

-- The sequence number of the owner's last entry before the moment; 0 for none.
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
