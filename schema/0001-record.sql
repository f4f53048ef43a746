-- The record: append-only events in a hash chain, readings sealed into it, identity outside it,
-- projections for people to query, and the public views.

CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  type TEXT NOT NULL,
  bed TEXT NOT NULL,
  session_id INTEGER NOT NULL,
  who TEXT NOT NULL,
  role TEXT NOT NULL,
  act_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  text TEXT NOT NULL,
  subject TEXT NOT NULL,
  old_value TEXT NOT NULL,
  new_value TEXT NOT NULL,
  change TEXT NOT NULL,
  body TEXT NOT NULL,
  prev_hash BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX event_session ON event (session_id, seq);
CREATE INDEX event_act ON event (act_id) WHERE act_id <> '';
CREATE INDEX event_configuration ON event (subject, seq) WHERE type = 'configuration';

CREATE TABLE reading (
  id INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  bed TEXT NOT NULL,
  session_id INTEGER NOT NULL,
  device TEXT NOT NULL,
  vital TEXT NOT NULL,
  source TEXT NOT NULL,
  quality TEXT NOT NULL,
  doubt TEXT NOT NULL,
  milli INTEGER,
  measured_at_ms INTEGER,
  cuff TEXT NOT NULL,
  cuff_key TEXT NOT NULL
) STRICT;
CREATE INDEX reading_session ON reading (session_id, vital, at_ms);

-- The newest link, so that a tail cut with a plain DELETE is seen at once.
CREATE TABLE chain_head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  reading_id INTEGER NOT NULL
) STRICT;
INSERT INTO chain_head VALUES (1, 0, zeroblob(32), 0);

CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER reading_no_update BEFORE UPDATE ON reading BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER reading_no_delete BEFORE DELETE ON reading BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;

-- What identifies a patient stands outside the chain, so that retention can remove it later.
CREATE TABLE patient (
  subject TEXT PRIMARY KEY,
  pseudonym TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT;

-- Projections: written in the transaction of the events from which they follow, and rebuilt from them.
CREATE TABLE session (
  id INTEGER PRIMARY KEY,
  subject TEXT NOT NULL,
  bed TEXT NOT NULL,
  regimen TEXT NOT NULL,
  phase TEXT NOT NULL,
  started_at_ms INTEGER,
  dose_started_at_ms INTEGER,
  ended_at_ms INTEGER,
  weight_g INTEGER NOT NULL,
  dose_ug INTEGER NOT NULL,
  aborted INTEGER NOT NULL
) STRICT;
CREATE INDEX session_started ON session (started_at_ms);

CREATE TABLE alarm (
  id INTEGER PRIMARY KEY,
  session_id INTEGER NOT NULL,
  bed TEXT NOT NULL,
  alarm_group TEXT NOT NULL,
  state TEXT NOT NULL,
  priority TEXT NOT NULL,
  peak TEXT NOT NULL,
  revision INTEGER NOT NULL,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  acknowledged_at_ms INTEGER,
  acknowledged_by TEXT NOT NULL,
  note TEXT NOT NULL,
  sentence TEXT NOT NULL
) STRICT;
CREATE INDEX alarm_session ON alarm (session_id, started_at_ms);

-- Public views: stable names for whoever opens the file with their own tools. Times are UTC.
CREATE VIEW session_log AS
SELECT s.id AS session, coalesce(p.pseudonym, '') AS patient, s.bed, s.regimen, s.phase,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.started_at_ms / 1000.0, 'unixepoch') AS started,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.dose_started_at_ms / 1000.0, 'unixepoch') AS dose_started,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.ended_at_ms / 1000.0, 'unixepoch') AS ended,
  s.weight_g / 1000.0 AS weight_kg, s.dose_ug / 1000.0 AS dose_mg, s.aborted
FROM session s LEFT JOIN patient p ON p.subject = s.subject;

CREATE VIEW reading_log AS
SELECT id AS reading, strftime('%Y-%m-%dT%H:%M:%fZ', at_ms / 1000.0, 'unixepoch') AS polled,
  strftime('%Y-%m-%dT%H:%M:%fZ', measured_at_ms / 1000.0, 'unixepoch') AS measured,
  bed, session_id AS session, device, vital, source, quality, doubt, milli / 1000.0 AS value, cuff, cuff_key
FROM reading;

CREATE VIEW alarm_log AS
SELECT id AS alarm, session_id AS session, bed, alarm_group, state, priority, peak,
  strftime('%Y-%m-%dT%H:%M:%fZ', started_at_ms / 1000.0, 'unixepoch') AS started,
  strftime('%Y-%m-%dT%H:%M:%fZ', ended_at_ms / 1000.0, 'unixepoch') AS ended,
  strftime('%Y-%m-%dT%H:%M:%fZ', acknowledged_at_ms / 1000.0, 'unixepoch') AS acknowledged,
  acknowledged_by, note, sentence
FROM alarm;

CREATE VIEW event_log AS
SELECT seq AS event, strftime('%Y-%m-%dT%H:%M:%fZ', at_ms / 1000.0, 'unixepoch') AS at,
  type, change, bed, session_id AS session, who, role, subject, old_value, new_value, reason, text
FROM event WHERE type <> 'readings';

CREATE VIEW audit_log AS
SELECT seq AS event, strftime('%Y-%m-%dT%H:%M:%fZ', at_ms / 1000.0, 'unixepoch') AS at,
  who, role, type, change, bed, session_id AS session, subject, old_value, new_value, reason
FROM event WHERE who <> '' OR type = 'configuration';
