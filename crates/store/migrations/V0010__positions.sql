-- How far into the list of all resources of a type one is, so that a page deep in it is found without counting from its
-- begin. A mark counts the resources from first_id up to the next mark; last_id is the highest id it has counted.
CREATE TABLE mark (
    tenant_id TEXT COLLATE "C" NOT NULL,
    resource_type TEXT COLLATE "C" NOT NULL,
    first_id TEXT COLLATE "C" NOT NULL,
    last_id TEXT COLLATE "C" NOT NULL,
    resources BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, resource_type, first_id)
) /* WITHOUT ROWID */;

-- Resources that came (1) or went (-1) since, and that no mark counts yet: a row each, so that those who create
-- resources side by side do not wait for one another.
CREATE TABLE uncounted (
    tenant_id TEXT COLLATE "C" NOT NULL,
    resource_type TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    came BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, resource_type, resource_id)
) /* WITHOUT ROWID */;

INSERT INTO mark (tenant_id, resource_type, first_id, last_id, resources)
SELECT tenant_id, resource_type, min(resource_id), max(resource_id), count(*) FROM
    (SELECT tenant_id, resource_type, resource_id,
        (row_number() OVER (PARTITION BY tenant_id, resource_type ORDER BY resource_id) - 1) / 1000 AS place
    FROM resource) AS numbered
GROUP BY tenant_id, resource_type, place;
