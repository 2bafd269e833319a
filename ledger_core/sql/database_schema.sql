-- Describes the tables, functions and types of the ledger as PostgreSQL has them: kind, name and definition of each part.
-- It reads only the catalog. It leaves out schema names, and what differs between versions of PostgreSQL: since version
-- 18, NOT NULL is also a constraint, and is listed here only with its column.
WITH ledger_table AS (
    SELECT * FROM pg_class WHERE oid IN (SELECT to_regclass(quote_ident(name)) FROM unnest(%(tables)s::text[]) AS name)
)
SELECT
    'table' AS kind, relname::text AS name,
    concat_ws(
        ' ', 'kind', relkind, 'persistence', relpersistence,
        'rules', (SELECT count(*) FROM pg_rewrite WHERE ev_class = t.oid), 'row security', relrowsecurity
    ) AS definition
FROM ledger_table AS t
UNION ALL
SELECT
    'column', concat(t.relname, '.', attname),
    concat_ws(
        ' ', format_type(atttypid, atttypmod),
        (SELECT concat('collate ', collname) FROM pg_collation AS c WHERE c.oid = attcollation AND collname <> 'default'),
        CASE WHEN attnotnull THEN 'not null' END,
        CASE attidentity WHEN 'd' THEN 'identity by default' WHEN 'a' THEN 'identity always' END,
        (SELECT concat('default ', pg_get_expr(adbin, adrelid, TRUE)) FROM pg_attrdef WHERE (adrelid, adnum) = (t.oid, attnum))
    )
FROM ledger_table AS t JOIN pg_attribute ON attrelid = t.oid
WHERE attnum > 0 AND NOT attisdropped
UNION ALL
-- NOT VALID and NOT ENFORCED are in the definition. The triggers that enforce a foreign key can be disabled separately.
SELECT
    'constraint', concat(t.relname, '.', conname),
    concat_ws(
        ' ', regexp_replace(pg_get_constraintdef(c.oid, TRUE), '\s+', ' ', 'g'), CASE WHEN NOT convalidated THEN 'not validated' END,
        (SELECT string_agg(DISTINCT concat('triggers ', tgenabled), ' ') FROM pg_trigger WHERE tgconstraint = c.oid)
    )
FROM ledger_table AS t JOIN pg_constraint AS c ON conrelid = t.oid
WHERE contype <> 'n'
UNION ALL
SELECT
    CASE WHEN indisunique THEN 'unique index' ELSE 'index' END, concat(t.relname, '.', i.relname),
    concat_ws(' ', pg_get_indexdef(indexrelid, 0, TRUE), CASE WHEN NOT (indisvalid AND indisready) THEN 'invalid' END)
FROM ledger_table AS t JOIN pg_index ON indrelid = t.oid JOIN pg_class AS i ON i.oid = indexrelid
UNION ALL
SELECT
    'trigger', concat(t.relname, '.', tgname), concat_ws(' ', pg_get_triggerdef(g.oid, TRUE), 'enabled', tgenabled)
FROM ledger_table AS t JOIN pg_trigger AS g ON tgrelid = t.oid
WHERE NOT tgisinternal
UNION ALL
SELECT
    'function', concat(proname, '(', pg_get_function_identity_arguments(p.oid), ')'),
    concat_ws(
        ' ', 'returns', pg_get_function_result(p.oid), 'language', lanname, 'kind', prokind, 'volatility', provolatile,
        'strict', proisstrict, 'security definer', prosecdef, 'settings', coalesce(proconfig::text, '-'),
        (SELECT concat('aggregates by ', aggtransfn::regproc) FROM pg_aggregate WHERE aggfnoid = p.oid),
        'body', md5(coalesce(pg_get_function_sqlbody(p.oid), prosrc))
    )
FROM pg_proc AS p JOIN pg_language AS l ON l.oid = prolang
WHERE proname LIKE 'ledger\_%%' AND pg_function_is_visible(p.oid)
UNION ALL
SELECT 'type', relname, (
    SELECT string_agg(concat(attname, ' ', format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = c.oid AND NOT attisdropped
)
FROM pg_class AS c
WHERE relkind = 'c' AND relname LIKE 'ledger\_%%' AND pg_table_is_visible(c.oid)
UNION ALL
SELECT 'domain', typname, concat_ws(
    ' ', format_type(typbasetype, typtypmod),
    (SELECT string_agg(concat(conname, ' ', pg_get_constraintdef(oid, TRUE)), ', ') FROM pg_constraint WHERE contypid = t.oid)
)
FROM pg_type AS t
WHERE typtype = 'd' AND typname LIKE 'ledger\_%%' AND pg_type_is_visible(t.oid)
ORDER BY kind, name
