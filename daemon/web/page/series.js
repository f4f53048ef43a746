// What a session's chart is drawn from: pressures at their measurement, streams as they came, where nothing was watched,
// the phases, and what people and alarms did. Loaded from the record, and continued by the live frames.

import {ask} from "./api.js";

const ms = (iso) => (iso ? Date.parse(iso) : null);
// A stream that pauses for longer than this is drawn as a gap.
const GAP_MS = 15000;

const PHASE_OF = {session_started: "baseline", dose_started: "infusion", paused: "paused", resumed: "infusion", stopped: "recovery",
  aborted: "recovery", discharged: "discharged"};
const ACT_WORDS = {dose_started: "drug started", paused: "paused", resumed: "resumed", stopped: "stopped", aborted: "aborted",
  note: "note", limit_changed: "limit", moved: "moved", corrected: "time corrected", gate_decided: "gate decided",
  weight_changed: "weight", checklist: "checklist", discharged: "discharged", gap_confirmed: "gap confirmed",
  cuff_failed: "cuff failed"};

export class Series {
  constructor(sessionId) {
    this.sessionId = sessionId;
    this.pressures = new Map();  // ms -> {systolic, diastolic, mean, byHand, doubtful}
    this.streams = new Map();    // ms -> {rate, spo2}
    this.phases = [];            // {from, to, phase}
    this.marks = [];             // {at, word, text}
    this.alarms = [];            // {from, to, priority, sentence}
    this.gaps = [];              // {from, to, vital}: vital null where nobody watched at all
    this.limits = [];            // {vital, side, tier, value}
    this.untilMs = null;         // where what is still going on is drawn to
    this.loaded = false;
  }

  async load() {
    const at = `/api/v1/sessions/${this.sessionId}`;
    const vitals = ["systolic", "diastolic", "mean", "rate", "spo2"];
    const answers = await Promise.all([...vitals.map((vital) => ask("GET", `${at}/readings?vital=${vital}`)),
      ask("GET", `${at}/events`), ask("GET", `${at}/alarms`), ask("GET", `${at}/coverage`)]);
    if (answers.some((answer) => answer.status !== 200))
      return false;
    const [events, alarms, coverage] = answers.slice(vitals.length).map((answer) => answer.body);
    answers.slice(0, vitals.length).forEach((answer, i) => this.takeReadings(vitals[i], answer.body.readings));
    this.takeEvents(events.events);
    this.alarms = alarms.alarms.map((alarm) => ({from: ms(alarm.started), to: ms(alarm.ended), priority: alarm.peak, sentence: alarm.sentence}));
    for (const [vital, stretches] of Object.entries(coverage.not_watched))
      this.gaps.push(...stretches.map((stretch) => ({from: ms(stretch.from), to: ms(stretch.to), vital})));
    this.gaps.push(...coverage.nobody_watched.map((stretch) => ({from: ms(stretch.from), to: ms(stretch.to), vital: null})));
    this.loaded = true;
    return true;
  }

  takeReadings(vital, readings) {
    const isStream = vital === "rate" || vital === "spo2";
    for (const reading of readings) {
      if (reading.value === null || reading.quality === "invalid" || reading.quality === "absent")
        continue;
      const at = ms(reading.measured ?? reading.polled);
      if (isStream)
        this.at(this.streams, at)[vital] = reading.value;
      else
        Object.assign(this.at(this.pressures, at), {[vital]: reading.value, byHand: reading.source === "manual",
          doubtful: reading.quality === "verify"});
    }
  }

  at(map, key) {
    if (!map.has(key))
      map.set(key, {});
    return map.get(key);
  }

  takeEvents(events) {
    for (const event of events) {
      const at = ms(event.at);
      const phase = PHASE_OF[event.type];
      if (phase)
        this.beginPhase(at, phase);
      if (ACT_WORDS[event.type])
        this.marks.push({at, word: ACT_WORDS[event.type], text: [event.text, event.who && `by ${event.who}`, event.reason]
          .filter(Boolean).join(" · ")});
    }
  }

  beginPhase(at, phase) {
    const last = this.phases.at(-1);
    if (last && last.phase === phase)
      return;
    if (last)
      last.to = at;
    if (phase !== "discharged")
      this.phases.push({from: at, to: null, phase});
  }

  // A live frame continues what the record gave.
  takeFrame(bed) {
    const vital = (name) => bed.vitals.find((each) => each.vital === name);
    for (const name of ["rate", "spo2"]) {
      const value = vital(name);
      if (value.show === "value" && value.measured_at !== null)
        this.at(this.streams, ms(value.measured_at))[name] = value.value;
    }
    const systolic = vital("systolic");
    if (systolic.show === "value" && systolic.measured_at !== null && !this.pressures.has(ms(systolic.measured_at)))
      this.pressures.set(ms(systolic.measured_at), {systolic: systolic.value, diastolic: vital("diastolic").value,
        mean: vital("mean").value, byHand: systolic.source === "manual", doubtful: systolic.quality === "verify"});
    if (bed.session)
      this.beginPhase(ms(bed.at) - (bed.session.phase_age_ms ?? 0), bed.session.phase);
    this.limits = limitsOf(bed);
    this.untilMs = ms(bed.at);
    for (const alarm of bed.alarms)
      this.takeAlarm(alarm);
  }

  takeAlarm(alarm) {
    const from = ms(alarm.started);
    const known = this.alarms.find((each) => each.from === from && each.sentence.slice(0, 8) === alarm.sentence.slice(0, 8));
    if (known)
      known.priority = alarm.peak;
    else
      this.alarms.push({from, to: null, priority: alarm.peak, sentence: alarm.sentence});
  }

  // Rows for the two charts: [ms, systolic, rate] and [ms, spo2]; NaN where a stream was interrupted, null where only the
  // other kind was measured.
  rows() {
    const times = [...new Set([...this.pressures.keys(), ...this.streams.keys()])].sort((a, b) => a - b);
    const main = [];
    const oxygen = [];
    const last = {rate: null, spo2: null};
    for (const at of times) {
      const stream = this.streams.get(at) ?? {};
      const pressure = this.pressures.get(at);
      for (const [name, rows] of [["rate", main], ["spo2", oxygen]]) {
        if (stream[name] === undefined)
          continue;
        if (last[name] !== null && at - last[name] > GAP_MS)
          rows.push(name === "rate" ? [last[name] + 1000, null, NaN] : [last[name] + 1000, NaN]);
        last[name] = at;
      }
      if (pressure || stream.rate !== undefined)
        main.push([at, pressure ? pressure.systolic : null, stream.rate ?? null]);
      if (stream.spo2 !== undefined)
        oxygen.push([at, stream.spo2]);
    }
    return {main, oxygen};
  }
}

function limitsOf(bed) {
  return bed.vitals.flatMap((vital) => vital.limits.map((limit) => ({vital: vital.vital, side: limit.side, tier: limit.tier, value: limit.value})));
}
