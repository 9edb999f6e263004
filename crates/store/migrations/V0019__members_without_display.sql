-- The Group schema of RFC 7643 §8.7.1 has no members.display: what a member is called is the member's own.
ALTER TABLE member DROP COLUMN display;
