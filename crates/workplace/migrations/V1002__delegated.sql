-- What a delegate booked for somebody, found when the delegate is forgotten.
CREATE INDEX reservation_delegated ON reservation (tenant_id, booked_by) WHERE booked_by <> resource_id;
