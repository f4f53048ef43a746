-- What the list of sessions is searched by, so that each filter is one pass over a small index and not a look at every
-- session's events: in which of them something was not watched, and which alarms they had.
CREATE INDEX event_gap ON event (session_id) WHERE type IN ('vital_unknown', 'program_started');
CREATE INDEX alarm_found ON alarm (session_id, peak, alarm_group);
