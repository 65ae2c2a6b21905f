-- One word for one thing, in the names of columns and in labels; and the head of a call in the
-- call's own row, so that a reply is sent without reading the body. Stages are 0 accepted,
-- 1 deferred, 2 replied, 3 delivered, 4 completed, 5 dead.
ALTER TABLE calls RENAME COLUMN waits TO expects_reply;
ALTER TABLE calls RENAME COLUMN has_answer TO has_reply;
ALTER TABLE calls RENAME COLUMN settlement TO completion;
ALTER TABLE calls RENAME COLUMN starts TO runs_started;
ALTER TABLE calls RENAME COLUMN attempts TO sends;
ALTER TABLE calls RENAME COLUMN since TO first_sent_at;
ALTER TABLE calls RENAME COLUMN taken TO delivered;
ALTER TABLE calls RENAME COLUMN settled_at TO completed_at;
-- What the head is encrypted with; 0 when it is not.
ALTER TABLE calls ADD COLUMN head_key_id INTEGER NOT NULL DEFAULT 0;
-- NULL for a call of the former tables: its head is read from its body.
ALTER TABLE calls ADD COLUMN head BLOB;

ALTER TABLE answers RENAME COLUMN answer TO reply;
ALTER TABLE answers RENAME TO replies;

UPDATE calls SET completion = CASE completion
    WHEN 'sent' THEN 'delivered'
    WHEN 'assumed' THEN 'presumed_delivered'
    WHEN 'not_waiting' THEN 'no_reply_expected'
    WHEN 'gone' THEN 'workflow_gone'
    WHEN 'too_late' THEN 'expired'
    ELSE completion
END WHERE stage = 4;

DROP INDEX settled;
CREATE INDEX completed ON calls (completed_at) WHERE stage = 4;
