-- Which object of the source refers to which: managers and members. wanted: the source has it. sent: the target's id
-- of the object referred to, where the target has the reference by this job.
CREATE TABLE reference (
    job_id TEXT COLLATE "C" NOT NULL,
    owner_type TEXT COLLATE "C" NOT NULL,
    owner_id TEXT COLLATE "C" NOT NULL,
    attribute TEXT COLLATE "C" NOT NULL,
    to_type TEXT COLLATE "C" NOT NULL,
    to_id TEXT COLLATE "C" NOT NULL,
    wanted BIGINT NOT NULL,
    sent TEXT COLLATE "C",
    PRIMARY KEY (job_id, owner_type, owner_id, attribute, to_type, to_id)
) /* WITHOUT ROWID */;
CREATE INDEX reference_to ON reference (job_id, to_type, to_id);
CREATE INDEX reference_due ON reference (job_id, owner_type, owner_id, attribute, to_type, to_id)
    WHERE wanted = 0 OR sent IS NULL;
