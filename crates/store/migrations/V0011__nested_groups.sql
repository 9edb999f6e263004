-- The groups in a group are found without passing its users, of whom there may be a hundred thousand. member_type is part
-- of the key although it is always the same, because SQLite would else prefer the primary key.
CREATE INDEX member_nested ON member (tenant_id, member_type, group_id, member_id) WHERE member_type = 'Group';
