-- One word for one thing, in the names of columns and in labels; and the head of a call beside its
-- body, so that a reply is sent without reading the body. Stages are 0 accepted, 1 deferred,
-- 2 replied, 3 delivered, 4 completed, 5 dead.
--
-- The number in the name of the table is the version of its columns and labels. A program of
-- another version that is still running finds no table of its name: its statements fail, and change
-- nothing.
ALTER TABLE bizproc_calls RENAME TO bizproc_calls_2;
ALTER TABLE bizproc_calls_2 RENAME COLUMN waits TO expects_reply;
ALTER TABLE bizproc_calls_2 RENAME COLUMN has_answer TO has_reply;
ALTER TABLE bizproc_calls_2 RENAME COLUMN settlement TO completion;
ALTER TABLE bizproc_calls_2 RENAME COLUMN starts TO runs_started;
ALTER TABLE bizproc_calls_2 RENAME COLUMN attempts TO sends;
ALTER TABLE bizproc_calls_2 RENAME COLUMN since TO first_sent_at;
ALTER TABLE bizproc_calls_2 RENAME COLUMN taken TO delivered;
ALTER TABLE bizproc_calls_2 RENAME COLUMN settled_at TO completed_at;
ALTER TABLE bizproc_calls_2 RENAME COLUMN answer TO reply;
-- Encrypted with the key of the body. NULL for a call of the former tables: its head is read from
-- its body.
ALTER TABLE bizproc_calls_2 ADD COLUMN head BYTEA;

UPDATE bizproc_calls_2 SET completion = CASE completion
    WHEN 'sent' THEN 'delivered'
    WHEN 'assumed' THEN 'presumed_delivered'
    WHEN 'not_waiting' THEN 'no_reply_expected'
    WHEN 'gone' THEN 'workflow_gone'
    WHEN 'too_late' THEN 'expired'
    ELSE completion
END WHERE stage = 4;

ALTER INDEX bizproc_settled RENAME TO bizproc_completed;
ALTER TABLE bizproc_paces RENAME TO bizproc_rate_limits;
