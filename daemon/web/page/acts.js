// What people can do, one row an act: its button, its form, and where it goes; what is told after it is the API's sentence,
// or the row's where that speaks of what else came of it. Which rows are offered is the frame's word (`allowed`) and the
// account's (`may`); what is refused is refused by the API, and its sentence is shown.

import {el, isMeant, setText, show} from "./dom.js";
import {choice, clock, decimal, items, line, reason, tick} from "./fields.js";
import {number, span} from "./words.js";
import {openForm} from "./dialog.js";
import {partsOf} from "./alarm.js";

const session = (name) => (target) => `/api/v1/sessions/${target.bed.session.id}/${name}`;
const ofBed = (name) => (target) => `/api/v1/beds/${encodeURIComponent(target.bed.bed)}/${name}`;
const ofAlarm = (name) => (target) => `/api/v1/alarms/${target.alarm.id}/${name}`;

const DOINGS = ["Prescriber called", "Patient spoken to, stays well", "Cuff repeated", "Probe put back", "Infusion paused"];

function planLines({bed}) {
  const {plan} = bed.session;
  return [`${number(plan.dose_mg)} mg in ${number(plan.volume_ml)} mL over ${number(plan.planned_min)} min`,
    `pump at ${number(plan.rate_ml_h)} mL/h, for ${number(plan.weight_kg)} kg (${number(plan.weight_lb, 1)} lb)`];
}

function doseLines({bed}) {
  const dose = bed.session.dose_clock;
  return [`${number(dose.infused_mg, 1)} mg infused, ${dose.infused_label}`];
}

function alarmLines({alarm}) {
  const {main, also} = partsOf(alarm.sentence);
  return [main, ...(also ? [`also ${also}`] : [])];
}

function limitOptions({bed}) {
  const options = [["", "which limit?"]];
  for (const vital of bed.vitals)
    for (const limit of vital.limits)
      if (!limit.relative)
        options.push([`${vital.vital}.${limit.side}.${limit.tier}`,
          `${vital.label} ${limit.side}, ${limit.tier}: now ${limit.value} ${vital.unit}`]);
  return options;
}

const weightFields = [decimal("weight_kg", "Weight", {unit: "kg"}),
  decimal("weight_lb", "The same weight, read again in pounds", {unit: "lb"}),
  decimal("dose_mg", "Dose, if not by the rule", {unit: "mg", optional: true}),
  decimal("volume_ml", "Volume, if not the usual", {unit: "mL", optional: true})];

// The clock stepped, was set back or is followed by nobody.
function isClockInDoubt(station) {
  return station !== null && (!station.frame.wall_clock.synchronised ||
    station.frame.alarms.some((alarm) => alarm.group === "station:clock" && alarm.state !== "over"));
}

export const ACTS = {
  start: {button: "Start a session", go: (bed) => `#/beds/${encodeURIComponent(bed.bed)}/start`, main: true},
  dose: {button: "Start drug", title: "Start the drug", verb: "Drug is running", path: session("dose"), main: true, says: planLines,
    fields: [tick("override", "Past what stands in the way", {hint: "no baseline, or the gate: a prescriber, with a reason"}),
      reason({hint: "asked for past the gate or without a baseline"})]},
  pause: {button: "Pause drug", title: "Pause the drug", verb: "Drug is paused", path: session("pause"), main: true, says: doseLines,
    fields: [reason({suggest: ["Patient asked", "Pressure", "Nausea", "Line"]})]},
  resume: {button: "Resume drug", title: "Resume the drug", verb: "Drug is running again", path: session("resume"), main: true,
    says: doseLines, fields: [reason()]},
  stop: {button: "Stop drug", title: "Stop the drug", verb: "Drug is stopped", path: session("stop"), main: true,
    says: (target) => [...doseLines(target), "Watching goes on: recovery begins."],
    fields: [tick("abort", "Not the planned end", {hint: "the infusion is aborted; needs a reason"}), reason()]},
  reading: {button: "BP by hand", title: "A pressure taken by hand", verb: "Record it", path: session("reading"), told: "The pressure was recorded",
    fields: [decimal("systolic", "Systolic", {unit: "mmHg", whole: true}), decimal("diastolic", "Diastolic", {unit: "mmHg", whole: true}),
      decimal("mean", "Mean, if it was read", {unit: "mmHg", optional: true, whole: true}),
      clock("measured_at", "Taken at, if not now", {optional: true})]},
  "cuff-start": {button: "Start cuff", title: "Start a cuff on the monitor", verb: "Start it", path: session("cuff-start"),
    says: () => ["On the arm that the monitor's cuff is on; the arm rests after each."], fields: [reason()],
    when: ({bed}) => !bed.devices.some((device) => device.measuring)},
  "cuff-cancel": {button: "Cancel cuff", title: "Cancel the cuff that is going on", verb: "Cancel it", path: session("cuff-cancel"),
    fields: [reason()], when: ({bed}) => bed.devices.some((device) => device.measuring)},
  note: {button: "Note", title: "A note", verb: "Record it", path: session("note"), told: "The note was recorded",
    fields: [line("text", "What happened", {optional: false, suggest: ["Nausea", "Dizziness", "Headache", "Dissociation", "Spoke with patient"]})]},
  decide: {button: "Decide gate", title: "The prescriber's decision before the drug", verb: "Go ahead",
    path: session("decide"), fields: [reason({optional: false})]},
  review: {button: "Keep limits", title: "The limits near the baseline were looked at", verb: "Keep them",
    path: session("review"), fields: [reason()]},
  checklist: {button: "Checklist", title: "Discharge checklist", verb: "Record it", path: session("checklist"),
    fields: [items("items_done", "What is done", ({bed}) => bed.session.checklist), reason({label: "Remark"})]},
  discharge: {button: "Discharge", title: "Discharge: watching ends", verb: "Discharge", path: session("discharge"), told: "Discharged: watching has ended",
    says: ({bed}) => [bed.session.checklist_answered ? `${bed.session.checklist.filter((item) => item.done).length} of ` +
      `${bed.session.checklist.length} items of the checklist are done` : "The checklist was not answered.",
    `in this phase for ${span(bed.session.phase_age_ms)}`],
    fields: [tick("override", "Over what is still open", {hint: "needs a reason"}), reason()]},
  limit: {button: "Set a limit", title: "A limit for this patient", verb: "Set it", path: session("limit"),
    says: () => ["Inside the clinic's ceiling; the old one stays in the record."],
    fields: [choice("limit", "Limit", limitOptions), decimal("value", "New value"), reason({optional: false})]},
  weight: {button: "Correct weight", title: "The weight and the plan, before the drug", verb: "Record it", path: session("weight"),
    says: planLines, fields: [...weightFields, tick("unusual_confirmed", "Unusual, and confirmed"), reason()]},
  correct: {button: "Correct a time", title: "A time was wrong", verb: "Correct it", path: session("correct"),
    says: () => ["The clocks follow; the old time stays in the record."],
    fields: [choice("what", "What", () => [["dose-start", "start of the drug"], ["pause", "last pause"], ["resume", "last resume"],
      ["stop", "stop of the drug"]]), clock("to", "It really was at"), reason({optional: false})]},
  move: {button: "Move bed", title: "Move the session to another bed", verb: "Move", path: session("move"),
    says: () => ["Alarms, limits, clocks and baseline go along; the values are unknown until the new monitor is read."],
    fields: [choice("to_bed", "To", ({bed, beds}) => [["", "which bed?"], ...beds.filter((other) => other.bed !== bed.bed)
      .map((other) => [other.bed, `${other.label || other.bed}${other.session ? ", has a session" : ""}`])]), reason()]},
  "confirm-gap": {button: "Drug ran on", title: "The drug did run while nobody watched", verb: "It did run",
    path: session("confirm-gap"), fields: [reason()], when: ({bed}) => bed.session.dose_clock.unverified},
  "confirm-time": {button: "Clock is right", title: "The clock on this page is right", verb: "It is right", path: session("confirm-time"),
    says: ({app}) => [`It is ${app.clockNow()} by this page.`], fields: [reason()],
    when: ({app}) => isClockInDoubt(app.live.station)},
  sign: {button: "Sign", title: "Sign this session's record", verb: "Sign", path: ({sessionId}) => `/api/v1/sessions/${sessionId}/sign`,
    says: () => ["What is on record of this session was read."], fields: [line("note", "Remark")]},
  "pause-audio": {button: "Pause sound", title: "Pause the sound of this bed", verb: "Pause", path: ofBed("pause-audio"),
    says: () => ["Only the sound, for a short time: whatever is new or worse sounds at once."], fields: [], atOnce: true},
  "resume-audio": {button: "Sound on", title: "Sound on again", verb: "Sound on", path: ofBed("resume-audio"), fields: [], atOnce: true},
  acknowledge: {button: "Acknowledge", title: "Acknowledge an alarm", verb: "Acknowledge", path: ofAlarm("acknowledge"), told: "Acknowledged",
    says: alarmLines,
    fields: [reason({label: "What is being done", suggest: DOINGS}),
      decimal("recheck_min", "Recheck promised in", {unit: "min", optional: true, whole: true})]},
  off: {button: "Turn off", title: "Turn a technical alarm off until it works again", verb: "Turn off", path: ofAlarm("off"),
    fields: [choice("condition", "Which", ({alarm}) => alarm.conditions.filter((condition) => condition.may_turn_off)
      .map((condition) => [condition.condition, condition.condition])), reason({optional: false})]},
};

function mayDo(app, kind) {
  const {you} = app.live;
  return you !== null && (you.may_speak_for_others || you.may.includes(kind));
}

function press(app, kind, bedName, alarmId) {
  const act = ACTS[kind];
  const entry = app.live.beds.get(bedName);
  if (act.go)
    app.go(act.go(entry.frame));
  else
    openForm(app, kind, act, {bedName, alarmId});
}

// The acts of a bed: those named, or, with null, all that concern the session.
export function actButtons(app, bedName, kinds) {
  const shown = kinds ?? Object.keys(ACTS).filter((kind) => !["acknowledge", "off", "pause-audio", "resume-audio", "sign"].includes(kind));
  const buttons = shown.map((kind) => ({kind, node: el("button", {type: "button", class: ACTS[kind].main ? "act main" : "act", "data-act": kind,
    onclick: (event) => isMeant(event) && press(app, kind, bedName)}, ACTS[kind].button)}));
  const nobody = el("p", {class: "hint"});
  const node = el("div", {class: kinds ? "acts-inline" : "acts", role: "group", "aria-label": "What can be done"},
    buttons.map((button) => button.node), kinds ? null : nobody);
  return {
    node,
    update(entry) {
      const bed = entry.frame;
      let offered = 0;
      for (const {kind, node: button} of buttons) {
        const isOffered = bed.allowed.includes(kind) && mayDo(app, kind) && (!ACTS[kind].when || ACTS[kind].when({app, bed}));
        offered += isOffered;
        show(button, isOffered);
      }
      show(nobody, !kinds && offered === 0);
      if (!kinds)
        setText(nobody, app.live.you ? `As ${app.live.you.role} you can look and do nothing here.` : "");
    },
  };
}

// The acts of one alarm, as its own `allowed` says.
export function alarmButtons(app, bedName) {
  let id = null;
  const buttons = ["acknowledge", "off"].map((kind) => ({kind, node: el("button", {type: "button", class: "act", "data-act": kind,
    onclick: (event) => isMeant(event) && press(app, kind, bedName, id)}, ACTS[kind].button)}));
  const node = el("span", {class: "alarm-buttons"}, buttons.map((button) => button.node));
  return {
    node,
    update(alarm) {
      id = alarm.id;
      for (const {kind, node: button} of buttons)
        show(button, alarm.allowed.includes(kind) && mayDo(app, kind));
    },
  };
}

