// What a session's chart is drawn from: what the record gives for a chart, and what live frames have brought since. All
// times are in ms since 1970 on the record's own timeline.

import {ask} from "./api.js";

const ACT_WORDS = {dose_started: "drug started", paused: "paused", resumed: "resumed", stopped: "stopped", aborted: "aborted",
  note: "note", limit_changed: "limit", moved: "moved", corrected: "corrected", gate_decided: "gate decided",
  weight_changed: "weight", checklist: "checklist", discharged: "discharged", gap_confirmed: "gap confirmed"};
const STREAMS = ["rate", "spo2"];
// After so long without a frame the line of a stream is broken.
const BREAK_MS = 15000;

export class Series {
  constructor(sessionId) {
    this.sessionId = sessionId;
    this.loaded = false;
    this.clear();
  }

  clear() {
    this.pressures = new Map();                        // at -> {systolic, diastolic, mean, byHand, doubtful}
    this.streams = {rate: [], spo2: []};               // [at, lowest, highest, last], nulls where the line breaks
    this.phases = [];                                  // {from, to, phase}
    this.marks = [];                                   // {at, word, text}
    this.alarms = [];                                  // {from, to, priority, sentence}
    this.gaps = [];                                    // {from, to, vital, why}: vital null where nobody watched at all
    this.limits = [];                                  // {vital, side, tier, steps: [[from, value]]}
    this.untilMs = null;                               // where what still goes on is drawn to
  }

  // False when the record could not be asked.
  async load(stepS) {
    const answer = await ask("GET", `/api/v1/sessions/${this.sessionId}/chart?step_s=${stepS}`);
    if (answer.status !== 200)
      return false;
    this.clear();
    this.take(answer.body);
    this.loaded = true;
    return true;
  }

  take(chart) {
    const zero = Date.parse(chart.started);
    const at = (ms) => (ms === null ? null : zero + ms);
    this.untilMs = at(chart.until_ms);
    for (const vital of STREAMS)
      this.streams[vital] = longest(chart.series.filter((each) => each.vital === vital))
        .map(([t, low, high, last]) => [at(t), low, high, last]);
    for (const [t, systolic, diastolic, mean, quality, source] of chart.cuffs)
      this.pressures.set(at(t), {systolic, diastolic, mean, byHand: source === "manual", doubtful: quality === "verify"});
    this.phases = chart.phases.map((phase) => ({from: at(phase.from_ms), to: at(phase.to_ms), phase: phase.phase}))
      .filter((phase) => phase.phase !== "discharged");
    this.marks = [...chart.acts.filter((act) => ACT_WORDS[act.type]).map((act) => ({at: at(act.t_ms), word: ACT_WORDS[act.type],
      text: [act.text, act.who && `by ${act.who}`, act.reason].filter(Boolean).join(" · ")})),
    ...chart.failed_cuffs.map((t) => ({at: at(t), word: "cuff failed", text: "a cuff failed"}))].sort((a, b) => a.at - b.at);
    this.alarms = chart.alarms.map((alarm) => ({from: at(alarm.from_ms), to: at(alarm.to_ms), priority: alarm.peak, sentence: alarm.sentence}));
    this.gaps = chart.gaps.map((gap) => ({from: at(gap.from_ms), to: at(gap.to_ms), vital: gap.vital, why: gap.why}));
    this.limits = chart.limits.map((limit) => ({...limit, steps: limit.steps.map(([t, value]) => [at(t), value])}));
  }

  // A live frame continues what the record gave.
  takeFrame(bed) {
    const vital = (name) => bed.vitals.find((each) => each.vital === name);
    for (const name of STREAMS) {
      const {show, measured_at: measured, value} = vital(name);
      const points = this.streams[name];
      const at = measured === null ? null : Date.parse(measured);
      const last = points.at(-1);
      if (show !== "value" || at === null || (last && at <= last[0]))
        continue;
      if (last && last[3] !== null && at - last[0] > BREAK_MS)
        points.push([last[0] + 1, null, null, null]);
      points.push([at, value, value, value]);
    }
    const systolic = vital("systolic");
    const mean = vital("mean");
    if (systolic.show === "value" && systolic.measured_at !== null && !this.pressures.has(Date.parse(systolic.measured_at)))
      this.pressures.set(Date.parse(systolic.measured_at), {systolic: systolic.value, diastolic: vital("diastolic").value,
        mean: mean.measured_at === systolic.measured_at ? mean.value : null, byHand: systolic.source === "manual", doubtful: systolic.quality === "verify"});
    this.untilMs = Date.parse(bed.at);
  }
}

// Of several sources of one vital sign the one that was read most.
function longest(series) {
  return series.reduce((most, each) => (each.points.length > most.length ? each.points : most), []);
}

// What makes a chart of the record stale: a phase, an alarm, a limit or a gap that came, changed or went.
export function signature(bed) {
  return JSON.stringify([bed.session?.phase, bed.alarms.map((alarm) => [alarm.id, alarm.peak, alarm.state]), bed.not_watching.map((line) => line.what),
    bed.vitals.map((vital) => vital.limits.map((limit) => limit.value))]);
}
