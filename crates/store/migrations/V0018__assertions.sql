-- The assertions that clients proved themselves by, for as long as they could be shown again: the digest of their jti.
CREATE TABLE assertion (
    tenant_id TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL CHECK (length(digest) = 32),
    expires BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, client_id, digest)
) /* WITHOUT ROWID */;
