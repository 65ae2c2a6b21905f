-- Times are milliseconds since 1970. A deadline that never comes is the largest number, so that
-- one index has the order of claiming. Texts are kept as `postgres/text.rs` writes them.
CREATE TABLE bizproc_calls (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The first 16 bytes of the event token's SHA-256.
    key BYTEA NOT NULL UNIQUE,
    event_token TEXT NOT NULL,
    member_id TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    waits BOOLEAN NOT NULL,
    called_at BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    accepted_at BIGINT NOT NULL,
    -- 0 accepted, 1 deferred, 2 answered, 3 taken, 4 settled, 5 dead.
    stage BIGINT NOT NULL DEFAULT 0,
    has_answer BOOLEAN NOT NULL DEFAULT FALSE,
    settlement TEXT,
    reason TEXT,
    -- Until when nobody can claim it.
    due BIGINT,
    is_claimed BOOLEAN NOT NULL DEFAULT FALSE,
    fence BIGINT NOT NULL DEFAULT 0,
    starts BIGINT NOT NULL DEFAULT 0,
    failures BIGINT NOT NULL DEFAULT 0,
    attempts BIGINT NOT NULL DEFAULT 0,
    since BIGINT,
    ambiguous BOOLEAN NOT NULL DEFAULT FALSE,
    taken BIGINT NOT NULL DEFAULT 0,
    settled_at BIGINT,
    -- What the body is encrypted with; 0 when it is not.
    key_id BIGINT NOT NULL,
    body BYTEA,
    answer TEXT
);

CREATE INDEX bizproc_to_run ON bizproc_calls (code, deadline, number)
    WHERE stage = 0 AND due IS NULL;
CREATE INDEX bizproc_to_send ON bizproc_calls (member_id, stage, deadline, number)
    WHERE stage >= 2 AND stage <= 3 AND due IS NULL;
CREATE INDEX bizproc_due ON bizproc_calls (due) WHERE due IS NOT NULL;
CREATE INDEX bizproc_settled ON bizproc_calls (settled_at, number) WHERE stage = 4;
CREATE INDEX bizproc_by_stage ON bizproc_calls (stage, accepted_at);
CREATE INDEX bizproc_encrypted ON bizproc_calls (key_id) WHERE key_id <> 0 AND body IS NOT NULL;

CREATE TABLE bizproc_portals (
    member_id TEXT COLLATE "C" PRIMARY KEY,
    key_id BIGINT NOT NULL,
    portal BYTEA NOT NULL
);

-- When the portal's bucket of requests will be empty. A crash of the database loses it: in the half
-- minute after, a portal may refuse requests, which are sent again.
CREATE UNLOGGED TABLE bizproc_paces (
    member_id TEXT COLLATE "C" PRIMARY KEY,
    empty_at TIMESTAMPTZ NOT NULL
);
