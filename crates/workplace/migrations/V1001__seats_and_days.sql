-- What a workplace knows besides locations: departments, floors and what is on them, who has which seat, who booked
-- what, who was where on which day, and who was active when. Rows of people outlive their leaving; what was deleted
-- with a user says so, so that it can come back with the user.

ALTER TABLE location ADD COLUMN region TEXT;
ALTER TABLE occupant ADD COLUMN department TEXT;
ALTER TABLE occupant ADD COLUMN department_folded TEXT COLLATE "C";
CREATE INDEX occupant_department ON occupant (tenant_id, department_folded, active);

-- What a tenant chose; without a row, what `Policy::default` says.
CREATE TABLE workplace_policy (
    tenant_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    match_by TEXT NOT NULL,
    seats TEXT NOT NULL,
    reservations TEXT NOT NULL
);

-- Addresses of a location, as 32 hexadecimal digits of IPv6, so that their order is the order of texts.
CREATE TABLE ip_range (
    tenant_id TEXT COLLATE "C" NOT NULL,
    ip_range_id TEXT COLLATE "C" NOT NULL,
    location_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    lowest TEXT COLLATE "C" NOT NULL,
    highest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, ip_range_id)
);
CREATE INDEX ip_range_highest ON ip_range (tenant_id, highest);

CREATE TABLE department (
    tenant_id TEXT COLLATE "C" NOT NULL,
    department_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    number TEXT,
    PRIMARY KEY (tenant_id, department_id)
);

-- What directories call a department, folded: its name, and its number.
CREATE TABLE department_name (
    tenant_id TEXT COLLATE "C" NOT NULL,
    folded TEXT COLLATE "C" NOT NULL,
    department_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, folded)
);
CREATE INDEX department_name_department ON department_name (tenant_id, department_id);

CREATE TABLE floor (
    tenant_id TEXT COLLATE "C" NOT NULL,
    floor_id TEXT COLLATE "C" NOT NULL,
    location_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    folded TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, floor_id)
);
CREATE UNIQUE INDEX floor_name ON floor (tenant_id, location_id, folded);

-- A seat or a room.
CREATE TABLE space (
    tenant_id TEXT COLLATE "C" NOT NULL,
    space_id TEXT COLLATE "C" NOT NULL,
    floor_id TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    folded TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, space_id)
);
CREATE UNIQUE INDEX space_name ON space (tenant_id, floor_id, folded);

-- Whose a seat is. No ended: it is. `ended_by` says why it is no more: released, deactivated, deleted (and comes back
-- with the user), or lost (it could not).
CREATE TABLE seat_assignment (
    tenant_id TEXT COLLATE "C" NOT NULL,
    assignment_id TEXT COLLATE "C" NOT NULL,
    space_id TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    ended BIGINT,
    ended_by TEXT,
    PRIMARY KEY (tenant_id, assignment_id)
);
CREATE UNIQUE INDEX seat_assignment_current ON seat_assignment (tenant_id, space_id) WHERE ended IS NULL;
CREATE INDEX seat_assignment_resource ON seat_assignment (tenant_id, resource_id);

-- Who booked what, from `starts` until just before `ends`. `cancelled_by` as above, with request
-- for released.
CREATE TABLE reservation (
    tenant_id TEXT COLLATE "C" NOT NULL,
    reservation_id TEXT COLLATE "C" NOT NULL,
    space_id TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    booked_by TEXT COLLATE "C" NOT NULL,
    starts BIGINT NOT NULL,
    ends BIGINT NOT NULL,
    cancelled BIGINT,
    cancelled_by TEXT,
    PRIMARY KEY (tenant_id, reservation_id)
);
CREATE INDEX reservation_space ON reservation (tenant_id, space_id, ends);
CREATE INDEX reservation_resource ON reservation (tenant_id, resource_id, ends);

-- Who was where on which day (UTC).
CREATE TABLE presence (
    tenant_id TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    location_id TEXT COLLATE "C" NOT NULL,
    source TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, resource_id, day, location_id)
);
CREATE INDEX presence_day ON presence (tenant_id, day, location_id);

CREATE TABLE delegate (
    tenant_id TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    delegate_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, resource_id, delegate_id)
);

CREATE TABLE permission_group (
    tenant_id TEXT COLLATE "C" NOT NULL,
    permission_group_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    folded TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, permission_group_id)
);
CREATE UNIQUE INDEX permission_group_name ON permission_group (tenant_id, folded);

-- The SCIM groups that feed a permission group.
CREATE TABLE permission_group_source (
    tenant_id TEXT COLLATE "C" NOT NULL,
    group_id TEXT COLLATE "C" NOT NULL,
    permission_group_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, group_id, permission_group_id)
);

-- When a user was active: what bills are made of. It names nobody, and stays when everything else of a user goes.
CREATE TABLE active_span (
    tenant_id TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    ended BIGINT,
    PRIMARY KEY (tenant_id, resource_id, since)
);
CREATE INDEX active_span_since ON active_span (tenant_id, since, ended);
-- Whoever is active already counts as always having been: when that began was not noted.
INSERT INTO active_span (tenant_id, resource_id, since) SELECT tenant_id, resource_id, 0 FROM occupant WHERE active = 1;
