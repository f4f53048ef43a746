-- The record: append-only events in a hash chain, readings sealed into it, identity outside it,
-- projections for people to query, and the public views. README.md beside this file describes them.

-- Whatever happened. `body` is the state after it as JSON: {"alarm":{...},"session":{...}}, either left out.
-- `hash` is SHA-256 over `prev_hash` and every column before it; alarm_id and session_id are 0 where there is none.
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  type TEXT NOT NULL,
  bed TEXT NOT NULL,
  session_id INTEGER NOT NULL,
  alarm_id INTEGER NOT NULL,
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
CREATE INDEX event_kind ON event (session_id, type, seq);
CREATE INDEX event_alarm ON event (alarm_id, seq) WHERE alarm_id <> 0;
-- Not unique: one act may be told by several events, and a refused insert would hold up the record behind it.
CREATE INDEX event_act ON event (act_id) WHERE act_id <> '';
CREATE INDEX event_configuration ON event (subject, seq) WHERE type = 'configuration';
-- Which sessions are open follows from these two.
CREATE INDEX event_bounds ON event (session_id, type) WHERE type IN ('session_started', 'discharged');
CREATE INDEX event_clock ON event (seq) WHERE type = 'clock_stepped';

-- Every value of every reply. `mark` is the start of SHA-256 over the columns before it: it finds the row that a
-- batch's seal proves to be wrong. `milli` is NULL where there was no value.
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
  pinned TEXT NOT NULL,
  milli INTEGER,
  measured_at_ms INTEGER,
  cuff TEXT NOT NULL,
  cuff_key TEXT NOT NULL,
  mark INTEGER NOT NULL
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
CREATE INDEX patient_pseudonym ON patient (pseudonym);

-- Projections: the last state of each session and alarm, written in the transaction of the event from which it
-- follows (`last_seq`), rebuilt from events at any time, and compared with them by verify.
CREATE TABLE session (
  id INTEGER PRIMARY KEY,
  last_seq INTEGER NOT NULL,
  subject TEXT NOT NULL,
  bed TEXT NOT NULL,
  regimen TEXT NOT NULL,
  phase TEXT NOT NULL,
  started_at_ms INTEGER,
  dose_started_at_ms INTEGER,
  ended_at_ms INTEGER,
  weight_g INTEGER NOT NULL,
  dose_ug INTEGER NOT NULL,
  volume_ul INTEGER NOT NULL,
  planned_ms INTEGER NOT NULL,
  run_ms INTEGER NOT NULL,
  unverified INTEGER NOT NULL,
  aborted INTEGER NOT NULL
) STRICT;
CREATE INDEX session_started ON session (started_at_ms);
CREATE INDEX session_subject ON session (subject);

CREATE TABLE alarm (
  id INTEGER PRIMARY KEY,
  last_seq INTEGER NOT NULL,
  session_id INTEGER NOT NULL,
  bed TEXT NOT NULL,
  alarm_group TEXT NOT NULL,
  state TEXT NOT NULL,
  priority TEXT NOT NULL,
  peak TEXT NOT NULL,
  revision INTEGER NOT NULL,
  started_at_ms INTEGER,
  ended_at_ms INTEGER,
  acknowledged_at_ms INTEGER,
  acknowledged_by TEXT NOT NULL,
  note TEXT NOT NULL,
  returns INTEGER NOT NULL,
  standing INTEGER NOT NULL,
  worst TEXT NOT NULL,
  sentence TEXT NOT NULL
) STRICT;
CREATE INDEX alarm_session ON alarm (session_id, started_at_ms);

-- Public views: stable names for whoever opens the file with their own tools. Times are UTC.
CREATE VIEW session_log AS
SELECT s.id AS session, coalesce(p.pseudonym, '') AS patient, s.bed, s.regimen, s.phase,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.started_at_ms / 1000.0, 'unixepoch') AS started,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.dose_started_at_ms / 1000.0, 'unixepoch') AS dose_started,
  coalesce((SELECT new_value FROM event e WHERE e.session_id = s.id AND e.type = 'corrected' AND e.subject = 'stop'
      ORDER BY e.seq DESC LIMIT 1),
    (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', e.at_ms / 1000.0, 'unixepoch') FROM event e
      WHERE e.session_id = s.id AND e.type IN ('stopped', 'aborted') ORDER BY e.seq DESC LIMIT 1)) AS dose_stopped,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.ended_at_ms / 1000.0, 'unixepoch') AS ended,
  s.weight_g / 1000.0 AS weight_kg, s.dose_ug / 1000.0 AS dose_mg, s.volume_ul / 1000.0 AS volume_ml,
  s.planned_ms / 60000.0 AS planned_min, s.run_ms / 60000.0 AS infused_min,
  s.unverified AS dose_clock_unverified, s.aborted,
  (SELECT count(*) FROM alarm a WHERE a.session_id = s.id) AS alarms,
  (SELECT count(*) FROM alarm a WHERE a.session_id = s.id AND a.peak = 'high') AS high_alarms,
  (SELECT count(*) FROM event e WHERE e.session_id = s.id AND e.type = 'program_started') AS restarts,
  (SELECT count(*) FROM event e WHERE e.session_id = s.id AND e.type = 'vital_unknown') AS times_not_watched
FROM session s LEFT JOIN patient p ON p.subject = s.subject;

CREATE VIEW reading_log AS
SELECT id AS reading, strftime('%Y-%m-%dT%H:%M:%fZ', at_ms / 1000.0, 'unixepoch') AS polled,
  strftime('%Y-%m-%dT%H:%M:%fZ', measured_at_ms / 1000.0, 'unixepoch') AS measured,
  bed, session_id AS session, device, vital, source, quality, doubt, pinned, milli / 1000.0 AS value,
  CASE vital WHEN 'systolic' THEN 'mmHg' WHEN 'diastolic' THEN 'mmHg' WHEN 'mean' THEN 'mmHg' WHEN 'spo2' THEN '%'
    WHEN 'temperature' THEN '°C' ELSE '/min' END AS unit, cuff, cuff_key
FROM reading;

CREATE VIEW alarm_log AS
SELECT a.id AS alarm, a.session_id AS session, coalesce(p.pseudonym, '') AS patient, a.bed, a.alarm_group, a.state,
  a.priority, a.peak, a.revision,
  strftime('%Y-%m-%dT%H:%M:%fZ', a.started_at_ms / 1000.0, 'unixepoch') AS started,
  strftime('%Y-%m-%dT%H:%M:%fZ', a.ended_at_ms / 1000.0, 'unixepoch') AS ended,
  round((a.ended_at_ms - a.started_at_ms) / 1000.0, 3) AS lasted_s,
  strftime('%Y-%m-%dT%H:%M:%fZ', a.acknowledged_at_ms / 1000.0, 'unixepoch') AS acknowledged,
  round((a.acknowledged_at_ms - a.started_at_ms) / 1000.0, 3) AS acknowledged_after_s,
  a.acknowledged_by, a.note, a.returns, a.standing, a.worst, a.sentence
FROM alarm a LEFT JOIN session s ON s.id = a.session_id LEFT JOIN patient p ON p.subject = s.subject;

CREATE VIEW event_log AS
SELECT seq AS event, strftime('%Y-%m-%dT%H:%M:%fZ', at_ms / 1000.0, 'unixepoch') AS at,
  type, change, bed, session_id AS session, alarm_id AS alarm, who, role, subject, old_value, new_value, reason, text
FROM event WHERE type <> 'readings';

CREATE VIEW audit_log AS
SELECT seq AS event, strftime('%Y-%m-%dT%H:%M:%fZ', at_ms / 1000.0, 'unixepoch') AS at,
  who, role, act_id, type, change, bed, session_id AS session, alarm_id AS alarm, subject, old_value, new_value, reason
FROM event WHERE who <> '' OR type IN ('configuration', 'account', 'program_started', 'program_stopped',
  'clock_stepped', 'record_gap', 'identity_removed');
