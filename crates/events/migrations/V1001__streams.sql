-- A stream is where a tenant's events are told: to a webhook, or as security event tokens by push or by poll.

ALTER TABLE webhook RENAME TO stream;
ALTER TABLE stream RENAME COLUMN webhook_id TO stream_id;
-- webhook, push or poll. The URL of one that is polled is empty.
ALTER TABLE stream ADD COLUMN method TEXT NOT NULL DEFAULT 'webhook';
-- Whom security event tokens are for; empty for a webhook.
ALTER TABLE stream ADD COLUMN audience TEXT NOT NULL DEFAULT '';
-- What was confirmed or skipped beyond events that were not: a JSON array of numbers.
ALTER TABLE stream ADD COLUMN acknowledged TEXT NOT NULL DEFAULT '[]';
-- The event that attempts fail with.
ALTER TABLE stream ADD COLUMN stopped_at BIGINT;
-- When a receiver that polls last confirmed something, or had nothing left to confirm.
ALTER TABLE stream ADD COLUMN kept_up BIGINT;
-- How many events were confirmed, and how many attempts failed, since the stream was made.
ALTER TABLE stream ADD COLUMN confirmed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE stream ADD COLUMN failed BIGINT NOT NULL DEFAULT 0;
DROP INDEX webhook_due;
CREATE INDEX stream_due ON stream (due) WHERE disabled IS NULL AND method <> 'poll';

-- The number of the newest key that signs security event tokens, and until when the one before it is published as well.
-- Keys are not kept: they follow from the installation's key and the number.
CREATE TABLE signing_key (
    installation BIGINT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    old_until BIGINT
);
INSERT INTO signing_key (installation, number) VALUES (1, 1);
