-- What a tenant added to and changed of its application's schemas, as JSON (scim::Definition).
CREATE TABLE schema_definition (
    tenant_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    definition TEXT NOT NULL,
    applied BIGINT NOT NULL
);

-- Grows with each definition that is applied; 0: none ever was. Whoever writes a resource holds this row, so that no
-- resource is stored by the rules of another version.
ALTER TABLE tenant ADD COLUMN schema_version BIGINT NOT NULL DEFAULT 0;
