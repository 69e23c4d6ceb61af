-- A key for each person that the audit log speaks of; erasing it is what makes the log forget.
CREATE TABLE subject_key (lookup BLOB PRIMARY KEY CHECK (length(lookup) = 32), wrapped BLOB NOT NULL) WITHOUT ROWID, STRICT;
