-- What the service provider keeps. Every table that belongs to a tenant leads with tenant_id.
-- Instants are microseconds since 1970, booleans 0 and 1, ids lower-case hyphenated UUIDs, documents JSON.

-- Facts about this installation.
CREATE TABLE setting (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE tenant (
    tenant_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    application TEXT NOT NULL,
    created BIGINT NOT NULL
);

-- A secret token is kept as a keyed digest only; token_id is its public part.
CREATE TABLE token (
    tenant_id TEXT COLLATE "C" NOT NULL,
    token_id TEXT COLLATE "C" NOT NULL UNIQUE,
    digest BYTEA NOT NULL,
    label TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT,
    revoked BIGINT,
    last_used BIGINT,
    PRIMARY KEY (tenant_id, token_id)
);

-- A user or group. The order of resource_id is the order of creation, and of lists.
CREATE TABLE resource (
    tenant_id TEXT COLLATE "C" NOT NULL,
    resource_type TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    document TEXT NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, resource_type, resource_id)
);

-- The values of a resource by which it is found. value is folded unless the attribute is case-exact.
CREATE TABLE attr (
    tenant_id TEXT COLLATE "C" NOT NULL,
    resource_type TEXT COLLATE "C" NOT NULL,
    attribute TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    is_unique BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, resource_type, attribute, value, resource_id)
) /* WITHOUT ROWID */;
CREATE UNIQUE INDEX attr_unique ON attr (tenant_id, resource_type, attribute, value) WHERE is_unique = 1;
CREATE INDEX attr_resource ON attr (tenant_id, resource_id);

-- Who is in which group.
CREATE TABLE member (
    tenant_id TEXT COLLATE "C" NOT NULL,
    group_id TEXT COLLATE "C" NOT NULL,
    member_id TEXT COLLATE "C" NOT NULL,
    member_type TEXT NOT NULL,
    display TEXT,
    PRIMARY KEY (tenant_id, group_id, member_id)
) /* WITHOUT ROWID */;
CREATE INDEX member_of ON member (tenant_id, member_id, group_id);

-- What was deleted, as it was.
CREATE TABLE tombstone (
    tenant_id TEXT COLLATE "C" NOT NULL,
    resource_type TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    document TEXT NOT NULL,
    deleted BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, resource_type, resource_id)
);

-- The change feed. sequence is given when a change is first read, see the feed module.
CREATE TABLE change (
    tenant_id TEXT COLLATE "C" NOT NULL,
    change_id TEXT COLLATE "C" NOT NULL,
    sequence BIGINT,
    resource_type TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    version BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, change_id)
);
CREATE UNIQUE INDEX change_sequence ON change (tenant_id, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX change_unnumbered ON change (tenant_id, change_id) WHERE sequence IS NULL;

-- The last sequence that was given; its row is the lock of those who give them.
CREATE TABLE feed (
    tenant_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL
);

-- Who did what. tenant_id is empty for what concerns no tenant.
CREATE TABLE audit (
    tenant_id TEXT COLLATE "C" NOT NULL,
    audit_id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (tenant_id, audit_id)
);
