-- The audit log is sealed: the sealer gives each row its place in the tenant's chain, and the hash of the row and of
-- all before it. Both are given once.
ALTER TABLE audit ADD COLUMN sequence BIGINT;
ALTER TABLE audit ADD COLUMN hash TEXT;
CREATE UNIQUE INDEX audit_sequence ON audit (tenant_id, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX audit_unsealed ON audit (tenant_id, audit_id) WHERE sequence IS NULL;

-- The last row that was sealed, signed; the row is the lock of those who seal.
CREATE TABLE audit_head (
    tenant_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash TEXT NOT NULL,
    at BIGINT NOT NULL,
    signature TEXT NOT NULL
);

-- What clients asked of a tenant, and what they were answered. The order of request_id is that of time. quirks is a
-- list of names with spaces between them; the bodies are there if the tenant's settings ask for them.
CREATE TABLE request_log (
    tenant_id TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status BIGINT NOT NULL,
    scim_type TEXT,
    client_kind TEXT,
    connection TEXT,
    token_id TEXT NOT NULL,
    user_agent TEXT,
    quirks TEXT NOT NULL,
    duration_us BIGINT NOT NULL,
    request_bytes BIGINT NOT NULL,
    response_bytes BIGINT NOT NULL,
    request TEXT,
    response TEXT,
    PRIMARY KEY (tenant_id, request_id)
) /* WITHOUT ROWID */;
