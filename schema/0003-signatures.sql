-- Signatures under ended sessions: a projection of the events `signed`, a row each, so that a session can be signed by more
-- than one person. Rebuilt from the events at any time, and compared with them by verify.
CREATE TABLE signature (
  seq INTEGER PRIMARY KEY,
  session_id INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  who TEXT NOT NULL,
  role TEXT NOT NULL,
  note TEXT NOT NULL
) STRICT;
CREATE INDEX signature_session ON signature (session_id, seq);
INSERT INTO signature SELECT seq, session_id, at_ms, who, role, reason FROM event WHERE type = 'signed' ORDER BY seq;

-- As in 0001-record.sql, and who has signed since when.
DROP VIEW session_log;
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
  (SELECT count(*) FROM event e WHERE e.session_id = s.id AND e.type = 'vital_unknown') AS times_not_watched,
  (SELECT group_concat(g.who, ', ') FROM (SELECT who FROM signature WHERE session_id = s.id ORDER BY seq) g) AS signed_by,
  (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', min(g.at_ms) / 1000.0, 'unixepoch') FROM signature g
    WHERE g.session_id = s.id) AS signed
FROM session s LEFT JOIN patient p ON p.subject = s.subject;
