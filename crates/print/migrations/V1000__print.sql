-- Whom print jobs and devices asked for in vain. What is looked for is folded, or the digest of a card number.
CREATE TABLE print_unresolved (
    tenant_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    identity TEXT COLLATE "C" NOT NULL,
    name TEXT,
    attempts BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, kind, identity)
);
CREATE INDEX print_unresolved_last ON print_unresolved (tenant_id, last_at);

-- Guesses of secrets since an instant: of a user's PIN, or of any registration code of the tenant.
CREATE TABLE print_guess (
    tenant_id TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    guesses BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, subject)
);

-- The digests of the registration codes that a user has used. Each has cost a code that the directory sent.
CREATE TABLE print_spent_code (
    tenant_id TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, resource_id, digest)
);
