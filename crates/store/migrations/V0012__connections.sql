-- The clients of a tenant. kind is auto, entra, okta or rfc; choices are the quirks that somebody switched, as JSON.
CREATE TABLE connection (
    tenant_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,
    choices TEXT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, name)
);
INSERT INTO connection (tenant_id, name, kind, choices, created)
    SELECT tenant_id, 'default', 'auto', '{}', created FROM tenant;

-- Each token belongs to one.
ALTER TABLE token ADD COLUMN connection TEXT COLLATE "C" NOT NULL DEFAULT 'default';

-- How many requests of a connection needed a quirk.
CREATE TABLE quirk (
    tenant_id TEXT COLLATE "C" NOT NULL,
    connection TEXT COLLATE "C" NOT NULL,
    quirk TEXT COLLATE "C" NOT NULL,
    requests BIGINT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, connection, quirk)
);
