-- Times are milliseconds since 1970. A deadline that never comes is the largest number, so that
-- one index has the order of claiming.
CREATE TABLE calls (
    -- Numbers are never given twice.
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The first 16 bytes of the event token's SHA-256.
    key BLOB NOT NULL UNIQUE,
    event_token TEXT NOT NULL,
    member_id TEXT NOT NULL,
    code TEXT NOT NULL,
    waits INTEGER NOT NULL,
    called_at INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    -- 0 accepted, 1 deferred, 2 answered, 3 taken, 4 settled, 5 dead.
    stage INTEGER NOT NULL,
    has_answer INTEGER NOT NULL,
    settlement TEXT,
    reason TEXT,
    -- Until when nobody can claim it.
    due INTEGER,
    is_claimed INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    starts INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    since INTEGER,
    ambiguous INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    settled_at INTEGER
) STRICT;

-- Apart from the calls, because a call changes often and its body never.
CREATE TABLE bodies (
    number INTEGER PRIMARY KEY,
    -- What it is encrypted with; 0 when it is not.
    key_id INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE answers (
    number INTEGER PRIMARY KEY,
    answer TEXT NOT NULL
) STRICT;

CREATE TABLE portals (
    member_id TEXT PRIMARY KEY,
    key_id INTEGER NOT NULL,
    portal BLOB NOT NULL
) STRICT;

CREATE INDEX to_run ON calls (code, deadline) WHERE stage = 0 AND due IS NULL;
CREATE INDEX to_send ON calls (member_id, stage, deadline)
    WHERE stage >= 2 AND stage <= 3 AND due IS NULL;
CREATE INDEX due ON calls (due) WHERE due IS NOT NULL;
CREATE INDEX claimed ON calls (number) WHERE is_claimed = 1;
CREATE INDEX settled ON calls (settled_at) WHERE stage = 4;
CREATE INDEX dead ON calls (number) WHERE stage = 5;
CREATE INDEX by_stage ON calls (stage, accepted_at);
CREATE INDEX encrypted ON bodies (key_id) WHERE key_id <> 0;
