-- Creates that were sent, or are about to be, and whose outcome is not recorded yet. matching: JSON, what the target is
-- asked for to find what became of one. replaces: what the object was linked to, and was not there any more. unheard: how
-- many creates have had no answer.
CREATE TABLE creation (
    job_id TEXT COLLATE "C" NOT NULL,
    object_type TEXT COLLATE "C" NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    display TEXT NOT NULL,
    matching TEXT NOT NULL,
    external_id TEXT,
    replaces TEXT,
    began BIGINT NOT NULL,
    unheard BIGINT NOT NULL,
    PRIMARY KEY (job_id, object_type, source_id)
) /* WITHOUT ROWID */;
