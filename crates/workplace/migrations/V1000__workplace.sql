-- Where the people of a tenant work.

CREATE TABLE location (
    tenant_id TEXT COLLATE "C" NOT NULL,
    location_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (tenant_id, location_id)
);

-- What directories call a location, folded; its own name is one of these.
CREATE TABLE location_alias (
    tenant_id TEXT COLLATE "C" NOT NULL,
    folded TEXT COLLATE "C" NOT NULL,
    location_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, folded)
);

-- A user, as far as locations are concerned. No location_id: no location is called what the directory says.
CREATE TABLE occupant (
    tenant_id TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    location_id TEXT COLLATE "C",
    locality TEXT,
    folded TEXT COLLATE "C",
    display TEXT NOT NULL,
    active BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, resource_id)
);
CREATE INDEX occupant_location ON occupant (tenant_id, location_id, active);
