-- What the provisioning engine keeps. Every table that belongs to a job leads with job_id.

-- definition is the job file, its secret sealed. watermark is the source's: where the next incremental cycle begins.
CREATE TABLE job (
    job_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    definition TEXT NOT NULL,
    definition_digest TEXT NOT NULL,
    state TEXT NOT NULL,
    watermark TEXT,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL
);

-- Who may work on what, until when.
CREATE TABLE lease (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    expires BIGINT NOT NULL
);

CREATE TABLE cycle (
    job_id TEXT COLLATE "C" NOT NULL,
    cycle_id TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    began BIGINT NOT NULL,
    ended BIGINT,
    counts TEXT NOT NULL,
    error TEXT,
    PRIMARY KEY (job_id, cycle_id)
);

-- Which object of the source is which resource of the target.
CREATE TABLE link (
    job_id TEXT COLLATE "C" NOT NULL,
    object_type TEXT COLLATE "C" NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    target_id TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    display TEXT NOT NULL,
    modified BIGINT NOT NULL,
    PRIMARY KEY (job_id, object_type, source_id)
);
CREATE INDEX link_target ON link (job_id, object_type, target_id);

-- Objects whose last operation failed.
CREATE TABLE escrow (
    job_id TEXT COLLATE "C" NOT NULL,
    object_type TEXT COLLATE "C" NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt BIGINT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    began BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (job_id, object_type, source_id)
);
CREATE INDEX escrow_due ON escrow (job_id, next_attempt);

-- The provisioning log.
CREATE TABLE log_entry (
    job_id TEXT COLLATE "C" NOT NULL,
    entry_id TEXT COLLATE "C" NOT NULL,
    cycle_id TEXT,
    at BIGINT NOT NULL,
    object_type TEXT NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    display TEXT NOT NULL,
    target_id TEXT,
    action TEXT NOT NULL,
    status TEXT NOT NULL,
    code TEXT,
    detail TEXT NOT NULL,
    duration_ms BIGINT NOT NULL,
    PRIMARY KEY (job_id, entry_id)
);
CREATE INDEX log_entry_source ON log_entry (job_id, source_id, entry_id);

CREATE TABLE plan (
    job_id TEXT COLLATE "C" NOT NULL,
    plan_id TEXT COLLATE "C" NOT NULL,
    created BIGINT NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (job_id, plan_id)
);

-- position counts from 0.
CREATE TABLE plan_step (
    job_id TEXT COLLATE "C" NOT NULL,
    plan_id TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    source_id TEXT NOT NULL,
    step TEXT NOT NULL,
    PRIMARY KEY (job_id, plan_id, position)
);
