-- Jobs in quarantine, while they are. series_began: first imposed; current_began: last left in effect; next_attempt: the
-- next cycle, none once the engine has given up; tested_end: whose test call, due at next_test, can end it.
CREATE TABLE quarantine (
    job_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    hint TEXT NOT NULL,
    request TEXT,
    tested_end TEXT,
    series_began BIGINT NOT NULL,
    current_began BIGINT NOT NULL,
    series_count BIGINT NOT NULL,
    next_attempt BIGINT,
    next_test BIGINT,
    tests BIGINT NOT NULL
);

-- How jobs have fared. succeeded and exported are cycles; notified is what the last e-mail was about.
CREATE TABLE job_status (
    job_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL DEFAULT 0,
    failing_since BIGINT,
    succeeded TEXT COLLATE "C",
    exported TEXT COLLATE "C",
    steady_first BIGINT,
    steady_last BIGINT,
    escrows_pruned BIGINT NOT NULL DEFAULT 0,
    stopped TEXT,
    notified TEXT,
    force_deletes BIGINT NOT NULL DEFAULT 0
);

-- How far a cycle has come, as its process last told. tally is JSON.
ALTER TABLE cycle ADD COLUMN observed BIGINT;
ALTER TABLE cycle ADD COLUMN objects_read BIGINT;
ALTER TABLE cycle ADD COLUMN objects_expected BIGINT;
ALTER TABLE cycle ADD COLUMN tally TEXT;
