-- What the administrator of a tenant chose, as JSON; what is missing has its default.
ALTER TABLE tenant ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
