-- Segments, stored nodes for short proofs, epochs of keys, witnesses, pruning.
CREATE TABLE segment (
  id INTEGER PRIMARY KEY CHECK (id >= 1), first_seq INTEGER NOT NULL CHECK (first_seq >= 1), chain BLOB NOT NULL CHECK (length(chain) = 32),
  peaks BLOB NOT NULL, opened_ms INTEGER NOT NULL) STRICT;
CREATE TABLE carried (seq INTEGER PRIMARY KEY, act TEXT NOT NULL, obj TEXT NOT NULL) STRICT;
CREATE TABLE node (level INTEGER NOT NULL, idx INTEGER NOT NULL, h BLOB NOT NULL CHECK (length(h) = 32), PRIMARY KEY (level, idx)) WITHOUT ROWID, STRICT;
CREATE TABLE epoch (id INTEGER PRIMARY KEY, opened_ms INTEGER NOT NULL, note BLOB NOT NULL) STRICT;
CREATE TABLE witness (size INTEGER NOT NULL, name TEXT NOT NULL, note BLOB NOT NULL, PRIMARY KEY (size, name)) STRICT;
CREATE TABLE prune (first INTEGER NOT NULL, last INTEGER NOT NULL, seq INTEGER PRIMARY KEY) STRICT;
DROP TRIGGER rec_no_update;
CREATE TRIGGER rec_no_update BEFORE UPDATE ON rec
WHEN NOT (NEW.seq = OLD.seq AND NEW.leaf = OLD.leaf AND NEW.chain = OLD.chain AND NEW.body IS NULL
  AND EXISTS (SELECT 1 FROM prune WHERE OLD.seq BETWEEN first AND last))
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
