// One session as the record has it: its facts, the chart, the alarms, what was not watched and why, and everything that
// happened. The same page on paper is its print view.

import {el, setText, show} from "./dom.js";
import {ask} from "./api.js";
import {partsOf} from "./alarm.js";
import {PHASES, dayAndTime, number, plural, span, vitalWord} from "./words.js";
import {Series} from "./series.js";
import {chart} from "./trend.js";
import {ACTS} from "./acts.js";
import {openRecordForm} from "./dialog.js";

// One point of the chart: what a screen can show of some hours.
const STEP_S = 10;
const QUIET = ["check_met", "vital_known", "device_state", "readings", "cuff_started"];
const TYPES = {vital_known: "watched", vital_unknown: "not watched"};
// What became of an alarm: its sentence is the same until another value comes.
const CHANGES = {start: "alarm", raise: "alarm, now higher", lower: "alarm, now lower", join: "alarm, more holds", leave: "alarm, less holds",
  update: "alarm, another value", end: "alarm over", latch: "alarm over, unanswered", return: "alarm back", ack: "alarm acknowledged",
  reset: "alarm acknowledged", resound: "alarm calls again", escalate: "alarm unanswered", remind: "alarm goes on", close: "alarm closed"};

function facts(session, offset, bedName) {
  const rows = [["Patient", session.patient || "no pseudonym"], ["Bed", bedName], ["Regimen", session.regimen],
    ["Weight", `${number(session.weight_kg)} kg`], ["Dose planned", `${number(session.dose_mg)} mg`], ["Started", dayAndTime(session.started, offset)],
    ["Drug started", session.dose_started ? dayAndTime(session.dose_started, offset) : "not given"],
    ["Ended", session.ended ? dayAndTime(session.ended, offset) : `open, ${PHASES[session.phase].toLowerCase()}`],
    ["Aborted", session.aborted ? "yes" : "no"], ["Alarms", `${session.alarms}, ${session.high_alarms} of them high`],
    ["Not watched", session.gaps === 0 ? "never" : plural(session.gaps, "gap")],
    ["Signed by", session.signed_by ? `${session.signed_by}, ${dayAndTime(session.signed_at, offset)}` : "nobody"]];
  return rows.map(([name, value]) => el("div", {class: "fact"}, el("dt", {}, name), el("dd", {}, value)));
}

function table(heads, rows, none) {
  if (rows.length === 0)
    return el("p", {class: "summary"}, none);
  return el("div", {class: "table-box", tabindex: "0"}, el("table", {class: "rows"},
    el("thead", {}, el("tr", {}, heads.map((text) => el("th", {scope: "col"}, text)))),
    el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((text) => el("td", {}, text)))))));
}

const time = (iso, offset) => (iso ? dayAndTime(iso, offset).slice(11) : "");
const between = (from, to) => (from && to ? span(Date.parse(to) - Date.parse(from)) : "");

// What an alarm says, in words; the names of its rules, which the record keeps, small below it.
function alarmCell(sentence, withRules) {
  const {main, also, rules} = partsOf(sentence);
  return el("div", {}, main, also ? el("p", {}, `Also ${also}`) : null, withRules && rules ? el("p", {class: "rule-names"}, `By rule: ${rules}`) : null);
}

function alarmRows(alarms, offset) {
  return alarms.map((alarm) => [time(alarm.started, offset), alarm.peak, alarmCell(alarm.sentence, true), alarm.ended ? between(alarm.started, alarm.ended) : "open",
    alarm.acknowledged ? `${time(alarm.acknowledged, offset)} by ${alarm.acknowledged_by}${alarm.note ? `: ${alarm.note}` : ""}` : "not acknowledged"]);
}

function gapRows(coverage, offset) {
  const rows = coverage.nobody_watched.map((gap) => ["nobody watched", gap]);
  for (const [vital, gaps] of Object.entries(coverage.not_watched))
    rows.push(...gaps.map((gap) => [vitalWord(vital), gap]));
  return rows.sort((a, b) => Date.parse(a[1].from) - Date.parse(b[1].from)).map(([what, gap]) => [what, time(gap.from, offset),
    gap.to ? time(gap.to, offset) : "goes on", between(gap.from, gap.to), gap.why ?? "the record does not say"]);
}

function eventRows(events, offset, all) {
  return events.filter((event) => all || !QUIET.includes(event.type)).map((event) => [time(event.at, offset),
    event.type === "alarm" ? CHANGES[event.change] ?? "alarm" : TYPES[event.type] ?? event.type.replaceAll("_", " "),
    event.type === "alarm" ? alarmCell(event.text, all) : event.text, event.who ? `${event.who} (${event.role})` : "", event.reason]);
}

export function sessionPage(app, id, {isPaper = false} = {}) {
  const series = new Series(id);
  const drawn = chart(series, () => app.utcOffsetMin());
  const title = el("h1", {}, `Session ${id}`);
  const said = el("p", {class: "summary", role: "status"}, "looking");
  const factList = el("dl", {class: "facts session-facts"});
  const alarms = el("section", {}, el("h2", {}, "Alarms"));
  const gaps = el("section", {}, el("h2", {}, "What was not watched"));
  const events = el("section", {}, el("h2", {}, "What happened"));
  const allBox = el("input", {type: "checkbox", name: "all", onchange: () => drawEvents()});
  const acts = el("div", {class: "record-acts"});
  const note = el("p", {class: "paper-note"});
  const place = el("div", {class: "session-chart"}, drawn.node);
  const node = el("div", {class: isPaper ? "record paper" : "record"}, el("div", {class: "record-head"}, title, acts), said, factList, place, alarms, gaps,
    events, note);
  let record = null;

  function links() {
    const link = (href, text, more = {}) => el("a", {class: "button", href, ...more}, text);
    acts.replaceChildren(...(isPaper ? [el("button", {type: "button", class: "primary", onclick: () => window.print()}, "Print"),
      link(`#/sessions/${id}`, "Back")] : [link("#/sessions", "‹ Sessions"), link(`#/sessions/${id}/print`, "Print view"),
      link(`/api/v1/sessions/${id}/export.csv`, "CSV", {download: `session-${id}.csv`}), ...recordActs()]));
  }

  function recordActs() {
    const {you} = app.live;
    if (!you || !record || !record.session.ended || !(you.may_speak_for_others || you.may.includes("sign")))
      return [];
    return [el("button", {type: "button", "data-act": "sign", onclick: () => openRecordForm(app, "sign", ACTS.sign, id, load)}, ACTS.sign.button)];
  }

  function drawEvents() {
    const offset = app.utcOffsetMin();
    events.replaceChildren(el("h2", {}, "What happened"), ...(isPaper ? [] : [el("label", {class: "tick"}, allBox,
      el("span", {}, "also what was met, read and answered"))]), table(["At", "What", "In words", "Who", "Reason"],
    eventRows(record.events, offset, allBox.checked), "Nothing."));
  }

  function draw() {
    const offset = app.utcOffsetMin();
    show(said, false);
    factList.replaceChildren(...facts(record.session, offset, app.bedLabel(record.session.bed)));
    alarms.replaceChildren(el("h2", {}, "Alarms"), table(["At", "Worst", "What", "For", "Acknowledged"], alarmRows(record.alarms, offset), "None."));
    gaps.replaceChildren(el("h2", {}, "What was not watched"), table(["What", "From", "To", "For", "Why"], gapRows(record.coverage, offset), "Nothing."));
    drawEvents();
    links();
    setText(note, `Session ${id}, ${app.live.station ? app.live.station.frame.clinic : ""}. Infused mg is calculated from the clock. ` +
      "The bedside monitors' own alarms stay on and stay primary.");
  }

  async function load() {
    await app.ready();
    const at = `/api/v1/sessions/${id}`;
    const answers = await Promise.all([ask("GET", at), ask("GET", `${at}/alarms`), ask("GET", `${at}/coverage`), ask("GET", `${at}/events`)])
      .catch(() => null);
    const wrong = answers && answers.find((answer) => answer.status !== 200);
    if (!answers || wrong) {
      setText(said, wrong ? wrong.body.error : "infusiond does not answer.");
      return;
    }
    const [session, alarmList, coverage, eventList] = answers.map((answer) => answer.body);
    record = {session, alarms: alarmList.alarms, coverage, events: eventList.events};
    draw();
    if (await series.load(STEP_S).catch(() => false) && node.isConnected)
      drawn.draw(series.untilMs);
  }

  function followLook() {
    if (series.loaded && node.isConnected && !drawn.isOfThisLook())
      drawn.draw(series.untilMs);
  }

  links();
  load();
  return {node, update: followLook, title: `Session ${id}`, leave: () => drawn.destroy()};
}
