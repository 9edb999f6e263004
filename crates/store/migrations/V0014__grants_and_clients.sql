-- What a token opens, from where, and for whom: limits of its use, networks (CIDR, separated by commas; none: any),
-- the OAuth client that it was issued to, and the user that it stands for.
ALTER TABLE token ADD COLUMN scope TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN networks TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN client_id TEXT COLLATE "C";
ALTER TABLE token ADD COLUMN subject TEXT COLLATE "C";
ALTER TABLE token ADD COLUMN last_used_from TEXT;
CREATE INDEX token_client ON token (tenant_id, client_id, created) WHERE client_id IS NOT NULL;
CREATE INDEX token_expires ON token (expires) WHERE expires IS NOT NULL;

-- A client that gets short-lived tokens by OAuth 2.0. trust is JSON: whose assertions prove that it is this client.
CREATE TABLE client (
    tenant_id TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    connection TEXT COLLATE "C" NOT NULL,
    label TEXT NOT NULL,
    scope TEXT NOT NULL,
    networks TEXT NOT NULL,
    trust TEXT,
    created BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, client_id)
);

-- A secret of such a client, as a keyed digest; secret_id is its public part.
CREATE TABLE client_secret (
    tenant_id TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    secret_id TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL CHECK (length(digest) = 32),
    created BIGINT NOT NULL,
    expires BIGINT,
    PRIMARY KEY (tenant_id, client_id, secret_id)
);
