-- Where a tenant's events are delivered to. Secrets are not kept: they follow from the installation's key and a number.

CREATE TABLE webhook (
    tenant_id TEXT COLLATE "C" NOT NULL,
    webhook_id TEXT COLLATE "C" NOT NULL,
    url TEXT NOT NULL,
    label TEXT NOT NULL,
    created BIGINT NOT NULL,
    -- The number of the newest secret, and until when the one before it signs as well.
    secret BIGINT NOT NULL,
    old_secret_until BIGINT,
    -- The number of the last change in the feed that was delivered.
    delivered BIGINT NOT NULL,
    last_delivery BIGINT,
    -- When the next attempt may be made, how many have failed in a row, and why the last one did.
    due BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    last_failure TEXT,
    -- Why nothing is delivered; NULL: it is.
    disabled TEXT,
    PRIMARY KEY (tenant_id, webhook_id)
);
CREATE INDEX webhook_due ON webhook (due) WHERE disabled IS NULL;
