-- What a program of schema 1 says to its database, with values that find something.

-- accept a call
INSERT INTO bizproc_calls
    (key, event_token, member_id, code, waits, called_at, deadline, accepted_at, key_id, body)
    SELECT key, event_token, member_id, code, waits, called_at, deadline, accepted_at, key_id, body
    FROM UNNEST('{"\\x00112233445566778899aabbccddeeff"}'::bytea[], '{new}'::text[],
        '{d41d8cd98f00b204e9800998ecf8427e}'::text[], '{acme}'::text[], '{t}'::boolean[], '{1800000000000}'::bigint[],
        '{9223372036854775807}'::bigint[], '{1800000001000}'::bigint[], '{0}'::bigint[],
        '{"\\x613d62"}'::bytea[])
    WITH ORDINALITY AS new (key, event_token, member_id, code, waits, called_at, deadline,
        accepted_at, key_id, body, place)
    ORDER BY place ON CONFLICT (key) DO NOTHING RETURNING key;

-- lock a call
SELECT calls.number, event_token, member_id, code, waits, called_at, deadline, accepted_at, stage,
    has_answer, settlement, reason, due, is_claimed, fence, starts, failures, attempts, since,
    ambiguous, taken, settled_at
    FROM bizproc_calls AS calls WHERE key = '\xd18b0c0022da6d44b303094692860ace' FOR UPDATE;

-- lock calls
SELECT calls.number, event_token, member_id, code, waits, called_at, deadline, accepted_at, stage,
    has_answer, settlement, reason, due, is_claimed, fence, starts, failures, attempts, since,
    ambiguous, taken, settled_at
    FROM bizproc_calls AS calls WHERE key = ANY('{"\\xd18b0c0022da6d44b303094692860ace"}'::bytea[]) ORDER BY number FOR UPDATE;

-- claim calls to run
SELECT calls.number, event_token, member_id, code, waits, called_at, deadline, accepted_at, stage,
    has_answer, settlement, reason, due, is_claimed, fence, starts, failures, attempts, since,
    ambiguous, taken, settled_at, key_id, body
    FROM UNNEST('{acme,md5}'::text[], '{9,9}'::bigint[]) AS slot (slot_code, at_most)
    CROSS JOIN LATERAL (SELECT * FROM bizproc_calls WHERE stage = 0 AND due IS NULL
        AND code = slot_code ORDER BY deadline, number LIMIT at_most FOR UPDATE SKIP LOCKED) AS calls
    ORDER BY deadline, number LIMIT 9;

-- claim replies
SELECT calls.number, event_token, member_id, code, waits, called_at, deadline, accepted_at, stage,
    has_answer, settlement, reason, due, is_claimed, fence, starts, failures, attempts, since,
    ambiguous, taken, settled_at, key_id, body, answer
    FROM bizproc_calls AS calls
    WHERE stage >= 2 AND stage <= 3 AND due IS NULL AND member_id = 'd41d8cd98f00b204e9800998ecf8427e'
    ORDER BY stage, deadline, number LIMIT 9 FOR UPDATE SKIP LOCKED;

-- lock what is due
SELECT calls.number, event_token, member_id, code, waits, called_at, deadline, accepted_at, stage,
    has_answer, settlement, reason, due, is_claimed, fence, starts, failures, attempts, since,
    ambiguous, taken, settled_at
    FROM bizproc_calls AS calls WHERE due IS NOT NULL AND due <= 1900000000000
    ORDER BY due LIMIT 500 FOR UPDATE SKIP LOCKED;

-- lock the calls of a portal
SELECT calls.number, event_token, member_id, code, waits, called_at, deadline, accepted_at, stage,
    has_answer, settlement, reason, due, is_claimed, fence, starts, failures, attempts, since,
    ambiguous, taken, settled_at
    FROM bizproc_calls AS calls WHERE number > 0 AND member_id = 'd41d8cd98f00b204e9800998ecf8427e' AND stage <> 4
    ORDER BY number LIMIT 500 FOR UPDATE;

-- save what changed of a call
UPDATE bizproc_calls AS calls SET stage = new.stage, has_answer = new.has_answer,
    settlement = new.settlement, reason = new.reason, due = new.due, is_claimed = new.is_claimed,
    fence = new.fence, starts = new.starts, failures = new.failures, attempts = new.attempts,
    since = new.since, ambiguous = new.ambiguous, taken = new.taken, settled_at = new.settled_at,
    answer = CASE WHEN new.has_answer THEN coalesce(new.answer, calls.answer) END,
    body = CASE WHEN new.stage <> 4 THEN calls.body END
    FROM UNNEST('{26}'::bigint[], '{4}'::bigint[], '{t}'::boolean[], '{sent}'::text[],
        '{NULL}'::text[], '{NULL}'::bigint[], '{f}'::boolean[], '{9}'::bigint[],
        '{9}'::bigint[], '{9}'::bigint[], '{9}'::bigint[], '{NULL}'::bigint[],
        '{f}'::boolean[], '{9}'::bigint[], '{1800000009000}'::bigint[], '{"{}"}'::text[])
    AS new (number, stage, has_answer, settlement, reason, due, is_claimed, fence, starts, failures,
        attempts, since, ambiguous, taken, settled_at, answer)
    WHERE calls.number = new.number;

-- replace a body
UPDATE bizproc_calls SET key_id = 0, body = '\x613d62' WHERE number = 26;

-- read a call
SELECT calls.number, event_token, member_id, code, waits, called_at, deadline, accepted_at, stage,
    has_answer, settlement, reason, due, is_claimed, fence, starts, failures, attempts, since,
    ambiguous, taken, settled_at, answer
    FROM bizproc_calls AS calls WHERE key = '\xd18b0c0022da6d44b303094692860ace';

-- read what is claimed
SELECT calls.number, event_token, member_id, code, waits, called_at, deadline, accepted_at, stage,
    has_answer, settlement, reason, due, is_claimed, fence, starts, failures, attempts, since,
    ambiguous, taken, settled_at
    FROM bizproc_calls AS calls WHERE key = ANY('{"\\xd18b0c0022da6d44b303094692860ace"}'::bytea[]) AND is_claimed;

-- read calls
SELECT calls.number, event_token, member_id, code, waits, called_at, deadline, accepted_at, stage,
    has_answer, settlement, reason, due, is_claimed, fence, starts, failures, attempts, since,
    ambiguous, taken, settled_at, answer
    FROM bizproc_calls AS calls WHERE (NULL::bigint IS NULL OR stage = NULL)
    AND number > -1 AND (NULL::text IS NULL OR member_id = NULL)
    AND (NULL::text IS NULL OR code = NULL) ORDER BY number LIMIT NULL;

-- read which robots have calls
WITH RECURSIVE codes (code) AS (
        SELECT min(code) FROM bizproc_calls WHERE stage = 0 AND due IS NULL
        UNION ALL
        SELECT (SELECT min(calls.code) FROM bizproc_calls AS calls
            WHERE stage = 0 AND due IS NULL AND calls.code > codes.code)
        FROM codes WHERE codes.code IS NOT NULL)
    SELECT code FROM codes WHERE code IS NOT NULL;

-- read which portals have replies
WITH RECURSIVE portals (id) AS (
        SELECT min(member_id) FROM bizproc_calls WHERE stage >= 2 AND stage <= 3 AND due IS NULL
        UNION ALL
        SELECT (SELECT min(member_id) FROM bizproc_calls
            WHERE stage >= 2 AND stage <= 3 AND due IS NULL AND member_id > portals.id)
        FROM portals WHERE portals.id IS NOT NULL)
    SELECT id FROM portals WHERE id IS NOT NULL;

-- read when something is due
SELECT min(due) FROM bizproc_calls WHERE due IS NOT NULL;

-- count calls
SELECT stage, count(*), min(accepted_at) FROM bizproc_calls GROUP BY stage;

-- delete old calls
DELETE FROM bizproc_calls WHERE number IN (SELECT number FROM bizproc_calls
    WHERE stage = 4 AND settled_at < 1900000000000 ORDER BY settled_at, number LIMIT 500
    FOR UPDATE SKIP LOCKED);

-- read the keys that are needed
SELECT DISTINCT key_id FROM bizproc_calls WHERE key_id <> 0 AND body IS NOT NULL
    UNION SELECT key_id FROM bizproc_portals;

-- reserve a request to a portal
INSERT INTO bizproc_paces AS paces (member_id, empty_at)
    VALUES ('d41d8cd98f00b204e9800998ecf8427e', clock_timestamp() + make_interval(secs => 0.5))
    ON CONFLICT (member_id) DO UPDATE
    SET empty_at = least(greatest(paces.empty_at, clock_timestamp()),
        clock_timestamp() + make_interval(secs => 50)) + make_interval(secs => 0.5)
    RETURNING extract(epoch FROM empty_at - clock_timestamp())::float8;
