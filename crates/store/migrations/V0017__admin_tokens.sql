-- Tokens of the admin API. A token without tenant_id is good for the whole installation.
CREATE TABLE admin_token (
    token_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant_id TEXT COLLATE "C",
    digest BYTEA NOT NULL,
    label TEXT NOT NULL,
    may_write BIGINT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT,
    revoked BIGINT
);
CREATE INDEX admin_token_tenant ON admin_token (tenant_id) WHERE tenant_id IS NOT NULL;
