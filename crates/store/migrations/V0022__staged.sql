-- Deletions, disables and lost memberships that the deletion threshold holds back: what, of whom, and what a person has
-- said. member_type and member_id are empty unless a member leaves the group that the row is about.
CREATE TABLE staged (
    job_id TEXT COLLATE "C" NOT NULL,
    object_type TEXT COLLATE "C" NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    member_type TEXT COLLATE "C" NOT NULL,
    member_id TEXT COLLATE "C" NOT NULL,
    display TEXT NOT NULL,
    member_display TEXT NOT NULL,
    removal TEXT NOT NULL,
    reason TEXT NOT NULL,
    target_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    since BIGINT NOT NULL,
    state TEXT NOT NULL,
    decided_by TEXT,
    decided BIGINT,
    PRIMARY KEY (job_id, object_type, source_id, member_type, member_id)
) /* WITHOUT ROWID */;

-- How many objects a job's cycles disabled, deleted or took out of groups in a minute (counted since 1970), without a
-- person having allowed it.
CREATE TABLE loss (
    job_id TEXT COLLATE "C" NOT NULL,
    minute BIGINT NOT NULL,
    losses BIGINT NOT NULL,
    PRIMARY KEY (job_id, minute)
);

-- Differences between target and mapping that a person has accepted. digest is of the value found and the one wanted.
CREATE TABLE accepted_drift (
    job_id TEXT COLLATE "C" NOT NULL,
    object_type TEXT COLLATE "C" NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    attribute TEXT COLLATE "C" NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (job_id, object_type, source_id, attribute)
) /* WITHOUT ROWID */;
