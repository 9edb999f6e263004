-- What was learned of a job's target, under these settings. Both are JSON.
CREATE TABLE known_target (
    job_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    settings TEXT NOT NULL,
    capabilities TEXT NOT NULL,
    noted BIGINT NOT NULL
);
