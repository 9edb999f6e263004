-- How a tenant's users sign in.

CREATE TABLE sign_in (
    tenant_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- JSON of what its administrator chose.
    settings TEXT NOT NULL
);

-- Who proves who somebody is: one at each door.
CREATE TABLE sign_in_provider (
    tenant_id TEXT COLLATE "C" NOT NULL,
    door TEXT COLLATE "C" NOT NULL,
    -- JSON; a client secret in it is sealed.
    settings TEXT NOT NULL,
    PRIMARY KEY (tenant_id, door)
);

-- Whom a provider means by a subject that it never gives to somebody else.
CREATE TABLE sign_in_link (
    tenant_id TEXT COLLATE "C" NOT NULL,
    door TEXT COLLATE "C" NOT NULL,
    issuer TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, door, issuer, subject)
);
CREATE INDEX sign_in_link_user ON sign_in_link (tenant_id, user_id);

CREATE TABLE sign_in_session (
    tenant_id TEXT COLLATE "C" NOT NULL,
    session_id TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    -- NULL: the break-glass account.
    user_id TEXT COLLATE "C",
    door TEXT NOT NULL,
    created BIGINT NOT NULL,
    last_used BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, session_id)
);
CREATE INDEX sign_in_session_user ON sign_in_session (tenant_id, user_id);

-- Assertions that were accepted, as digests of their ids, for as long as they could be shown again.
CREATE TABLE sign_in_assertion (
    tenant_id TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, digest)
);

-- What came of attempts to sign in.
CREATE TABLE sign_in_attempt (
    tenant_id TEXT COLLATE "C" NOT NULL,
    attempt_id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    door TEXT NOT NULL,
    -- `signed-in`, or the code of the refusal.
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    -- What the provider calls who tried.
    subject TEXT,
    address TEXT,
    PRIMARY KEY (tenant_id, attempt_id)
);

-- Links by which a user signs in once.
CREATE TABLE sign_in_once (
    tenant_id TEXT COLLATE "C" NOT NULL,
    link_id TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, link_id)
);

CREATE TABLE sign_in_break_glass (
    tenant_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    key_id TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    created BIGINT NOT NULL,
    last_used BIGINT
);
