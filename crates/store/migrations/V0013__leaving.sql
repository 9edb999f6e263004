-- Leaving and coming back.

-- Who made a resource: scim:CONNECTION, administrator or application.
ALTER TABLE resource ADD COLUMN origin TEXT NOT NULL DEFAULT 'scim:default';

-- 1: a name that the resource is found by besides those in its document. It is taken like any other.
ALTER TABLE attr ADD COLUMN is_alias BIGINT NOT NULL DEFAULT 0;

-- What a deleted resource needs to come back as who it was.
ALTER TABLE tombstone ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE tombstone ADD COLUMN created BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tombstone ADD COLUMN origin TEXT NOT NULL DEFAULT 'scim:default';
CREATE INDEX tombstone_deleted ON tombstone (tenant_id, deleted);

-- By what a deleted resource is recognised.
CREATE TABLE tombstone_key (
    tenant_id TEXT COLLATE "C" NOT NULL,
    resource_type TEXT COLLATE "C" NOT NULL,
    attribute TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    deleted BIGINT NOT NULL,
    is_alias BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, resource_type, attribute, value, resource_id)
) /* WITHOUT ROWID */;
CREATE INDEX tombstone_key_resource ON tombstone_key (tenant_id, resource_id);

-- How many users a connection disabled or deleted in a minute (counted since 1970), and how many users the tenant had
-- when the minute's first one was.
CREATE TABLE removal (
    tenant_id TEXT COLLATE "C" NOT NULL,
    connection TEXT COLLATE "C" NOT NULL,
    minute BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    users BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, connection, minute)
);

-- The brake of a connection that has one: shut, rejected or allowed, until when and for how many more.
CREATE TABLE brake (
    tenant_id TEXT COLLATE "C" NOT NULL,
    connection TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL,
    since BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    users BIGINT NOT NULL,
    until BIGINT,
    remaining BIGINT,
    PRIMARY KEY (tenant_id, connection)
);

-- What was refused, and how often. key is a digest of what makes two refusals the same.
CREATE TABLE refusal (
    tenant_id TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    connection TEXT NOT NULL,
    method TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    subject TEXT NOT NULL,
    status BIGINT NOT NULL,
    scim_type TEXT,
    detail TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, key)
);
CREATE INDEX refusal_last_seen ON refusal (tenant_id, last_seen);
