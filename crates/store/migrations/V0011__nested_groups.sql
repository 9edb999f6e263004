-- The groups in a group are found without passing its users, of whom there may be a hundred thousand.
CREATE INDEX member_nested ON member (tenant_id, group_id, member_id) WHERE member_type = 'Group';
