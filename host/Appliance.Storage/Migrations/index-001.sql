CREATE TABLE entry (
  seq INTEGER PRIMARY KEY, ts_ms INTEGER NOT NULL, act TEXT, actor TEXT, obj TEXT, decision TEXT, rule TEXT, purpose TEXT, code TEXT) STRICT;
CREATE TABLE subject (p TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (p, seq)) WITHOUT ROWID, STRICT;
CREATE INDEX entry_ts ON entry (ts_ms);
CREATE INDEX entry_act ON entry (act);
CREATE INDEX entry_actor ON entry (actor);
CREATE INDEX entry_obj ON entry (obj);
CREATE INDEX entry_decision ON entry (decision) WHERE decision IS NOT NULL;
CREATE INDEX entry_rule ON entry (rule) WHERE rule IS NOT NULL;
