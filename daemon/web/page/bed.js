// One bed: its figures as large as they go, what calls and what can be done about it, where the session stands, and the
// trend. Everything that can be pressed here was allowed by the last frame.

import {el, list, setAttribute, setText, show} from "./dom.js";
import {alarmBand, rankOf, standingOf, worstAlarm} from "./alarm.js";
import {isSaidBy, pressureCell, unwatchedLines, vitalCell, vitalOf} from "./vital.js";
import {checkWords, doneShare, infusedText, phaseWords} from "./phase.js";
import {Live} from "./live.js";
import {PHASES, clockTime, count, number, span} from "./words.js";
import {actButtons, alarmButtons} from "./acts.js";
import {ask} from "./api.js";
import {trend} from "./trend.js";

// With more letters a name is set small, in two lines.
const LONG_NAME = 14;

function head(app, name) {
  const title = el("h1", {class: "bed-name"});
  const who = el("span", {class: "bed-patient"});
  const monitor = el("span", {class: "bed-monitor"});
  const phase = el("strong", {class: "bed-phase"});
  const left = el("span", {class: "bed-left"});
  const check = el("span", {class: "tile-check"});
  const audio = actButtons(app, name, ["pause-audio", "resume-audio"]);
  const audioLeft = el("span", {class: "audio-paused"});
  const node = el("div", {class: "bed-head"}, el("a", {class: "back", href: "#/"}, "‹ Beds"), title, who, monitor,
    el("span", {class: "bed-where"}, check, phase, left), audioLeft, audio.node);
  return {
    node,
    update(entry) {
      const bed = entry.frame;
      const words = phaseWords(entry);
      const pause = Live.left(entry, bed.audio_pause_left_ms);
      setText(title, bed.label || bed.bed);
      setText(who, bed.session ? bed.session.patient ?? "no pseudonym" : "");
      for (const part of [title, who])
        setAttribute(part, "data-long", part.textContent.length > LONG_NAME ? "yes" : null);
      setText(monitor, bed.devices.map((device) => device.label || device.device).join(", "));
      setText(phase, words.name);
      setText(left, words.left);
      const next = checkWords(entry);
      setText(check, next.text);
      setAttribute(check, "data-overdue", next.overdue ? "yes" : null);
      show(audioLeft, bed.audio_paused && pause > 0);
      setText(audioLeft, pause > 0 ? `sound paused ${count(pause)}` : "");
      audio.update(entry);
    },
  };
}

// Worst first; the room is kept free, so that nothing moves when an alarm comes.
function alarmStack(app, name) {
  const rows = new Map();
  const stack = el("div", {class: "alarm-stack", role: "region", "aria-label": "Alarms", tabindex: "0"});
  const calm = el("p", {class: "alarm-none"});
  const banner = el("p", {class: "no-session"});
  const lines = new Map();
  const unwatched = el("div", {class: "not-watching-lines"});
  const node = el("div", {class: "alarms"}, stack, calm, banner, unwatched);
  const make = () => {
    const buttons = alarmButtons(app, name);
    const band = alarmBand(buttons);
    return {node: band.node, update: ({entry, alarm}) => band.update(entry, alarm, app.utcOffsetMin())};
  };
  return {
    node,
    update(entry, lost) {
      const bed = entry.frame;
      const sorted = [...bed.alarms].sort((a, b) => rankOf(b.priority) - rankOf(a.priority) ||
        Number(standingOf(b) === "calls") - Number(standingOf(a) === "calls"));
      list(stack, rows, sorted.map((alarm) => ({entry, alarm})), (item) => item.alarm.id, make);
      show(stack, sorted.length > 0);
      show(banner, bed.banner);
      setText(banner, bed.banner ?? "");
      show(calm, sorted.length === 0 && !bed.banner);
      setText(calm, lost ? "NOT KNOWN: this page hears nothing." : "Watched. No alarm is open.");
      const unsaid = unwatchedLines(bed, app.utcOffsetMin(), (line) => !sorted.some((alarm) => isSaidBy(alarm, line)));
      list(unwatched, lines, unsaid, (line) => line, () => {
        const part = el("p", {class: "not-watching"});
        return {node: part, update: (line) => setText(part, line)};
      });
    },
  };
}

function fact(name) {
  const value = el("dd");
  const node = el("div", {class: "fact"}, el("dt", {}, name), value);
  return {node, set: (text) => {
    setText(value, text);
    show(node, text !== "");
  }};
}

function dosePanel() {
  const infused = el("span", {class: "dose-mg"});
  const of = el("span", {class: "dose-of"});
  const label = el("span", {class: "dose-label"});
  const bar = el("div", {class: "progress"}, el("div", {class: "progress-done"}));
  const facts = {rate: fact("Rate"), weight: fact("Weight"), volume: fact("Volume"), started: fact("Drug started"),
    infusing: fact("Infusing"), baseline: fact("Baseline")};
  const warning = el("p", {class: "warning"});
  const node = el("section", {class: "panel dose"}, el("h2", {}, "Drug"),
    el("p", {class: "dose-line"}, infused, of), label, bar,
    warning, el("dl", {class: "facts"}, Object.values(facts).map((part) => part.node)));
  return {
    node,
    update(entry, utcOffsetMin) {
      const session = entry.frame.session;
      show(node, session);
      if (!session)
        return;
      const {plan, dose_clock: dose} = session;
      setText(infused, infusedText(session));
      setText(of, ` of ${number(plan.dose_mg)} mg`);
      setText(label, `infused, ${dose.infused_label}`);
      bar.firstChild.style.setProperty("--done", doneShare(entry));
      facts.rate.set(`${number(plan.rate_ml_h)} mL/h · ${number(plan.rate_mg_h)} mg/h`);
      facts.weight.set(`${number(plan.weight_kg)} kg · ${number(plan.weight_lb, 1)} lb`);
      facts.volume.set(`${number(plan.volume_ml)} mL · ${number(plan.concentration_mg_ml)} mg/mL`);
      facts.started.set(dose.started ? clockTime(Date.parse(dose.started), utcOffsetMin) : "not started");
      facts.infusing.set(dose.started ? span(dose.running ? Live.aged(entry, dose.infusing_ms) : dose.infusing_ms) : "");
      facts.baseline.set(baselineText(session));
      show(warning, dose.unverified);
      setText(warning, "A time in which nobody watched was counted as running: confirm or correct it.");
    },
  };
}

// In the baseline phase: what the drug waits for, by the clinic's own regimen.
function beforePanel() {
  const lines = el("ul", {class: "before"});
  const node = el("section", {class: "panel"}, el("h2", {}, "Before the drug"), lines);
  let asked = null;
  let regimens = [];

  function say(session) {
    const regimen = regimens.find((each) => each.name === session.regimen);
    const {baseline, gate} = regimen ?? {};
    return [regimen && `${baseline.cuffs} good cuffs at least ${baseline.apart_s / 60} min apart, at most ${baseline.at_most_old_min} min old`,
      regimen && `above ${gate.decide_above.systolic}/${gate.decide_above.diastolic} a prescriber decides; blocked from ` +
        `${gate.block_from.systolic}/${gate.block_from.diastolic}`,
      session.gate_decided && "the prescriber has decided", session.limits_reviewed && "the limits near the baseline were looked at"].filter(Boolean);
  }

  return {
    node,
    update(entry) {
      const {session} = entry.frame;
      show(node, session && session.phase === "baseline");
      if (!session || session.phase !== "baseline")
        return;
      asked ??= ask("GET", "/api/v1/regimens").then((answer) => {
        regimens = answer.status === 200 ? answer.body.regimens : [];
      }, () => {
        asked = null;
      });
      const texts = say(session);
      if (lines.childElementCount !== texts.length || texts.some((text, i) => lines.children[i].textContent !== text))
        lines.replaceChildren(...texts.map((text) => el("li", {}, text)));
    },
  };
}

function baselineText(session) {
  const base = session.baseline;
  const parts = [];
  if (base.systolic !== undefined)
    parts.push(`${number(base.systolic, 0)}/${number(base.diastolic, 0)}`);
  if (base.rate !== undefined)
    parts.push(`rate\u00a0${number(base.rate, 0)}`);
  if (base.spo2 !== undefined)
    parts.push(`SpO2\u00a0${number(base.spo2, 0)}`);
  const missing = session.relative_limits_in_force ? "" : "relative limits not in force";
  return [parts.join(", "), missing].filter(Boolean).join("; ") || "none yet";
}

const CHECK_STATES = {coming: ["○", "coming"], due: ["◐", "due"], met: ["●", "done"], missed: ["✕", "missed"]};

function schedule() {
  const rows = new Map();
  const lines = el("ol", {class: "checks"});
  const next = el("p", {class: "next-check"});
  const recheck = el("p", {class: "next-check"});
  const node = el("section", {class: "panel schedule"}, el("h2", {}, "Checks"), next, recheck, lines);
  const make = () => {
    const mark = el("span", {class: "check-mark", "aria-hidden": "true"});
    const time = el("span", {class: "check-time"});
    const phase = el("span", {class: "check-phase"});
    const state = el("span", {class: "check-state"});
    const row = el("li", {class: "check"}, mark, time, phase, state);
    return {node: row, update: ({entry, check, utcOffsetMin}) => {
      const left = Live.left(entry, check.due_in_ms);
      const overdue = check.state === "due" && left < 0;
      setAttribute(row, "data-state", check.state);
      setText(mark, CHECK_STATES[check.state][0]);
      setText(time, clockTime(Date.parse(check.due), utcOffsetMin, false));
      setText(phase, PHASES[check.phase]);
      setText(state, overdue ? `due for ${span(-left)}` : check.state === "coming" ? `in ${count(left)}`
        : CHECK_STATES[check.state][1]);
    }};
  };
  return {
    node,
    update(entry, utcOffsetMin) {
      const session = entry.frame.session;
      show(node, session);
      if (!session)
        return;
      const words = checkWords(entry);
      const promised = Live.left(entry, session.recheck_in_ms);
      setText(next, words.text || "no further check");
      setAttribute(next, "data-overdue", words.overdue ? "yes" : null);
      show(recheck, session.recheck_in_ms !== null);
      setAttribute(recheck, "data-overdue", promised < 0 ? "yes" : null);
      setText(recheck, promised > 0 ? `promised recheck in ${count(promised)}` : `promised recheck due for ${span(-promised)}`);
      list(lines, rows, [...session.checks].reverse().map((check) => ({entry, check, utcOffsetMin})),
        (item) => `${item.check.due}${item.check.phase}`, make);
    },
  };
}

function devices() {
  const rows = new Map();
  const node = el("ul", {class: "devices"});
  const make = () => {
    const part = el("li");
    return {node: part, update: ({entry, device}) => {
      const since = Live.aged(entry, device.answered_ago_ms);
      setAttribute(part, "data-answers", device.answers ? "yes" : "no");
      setText(part, `${device.label || device.device}: ` + (device.answers ? `answers, ${span(since)} ago`
        : `does not answer${since === null ? "" : `, last ${span(since)} ago`}${device.reason ? `: ${device.reason}` : ""}`));
    }};
  };
  return {node, update: (entry) => list(node, rows, entry.frame.devices.map((device) => ({entry, device})),
    (item) => item.device.device, make)};
}

export function bedPage(app, name) {
  const top = head(app, name);
  const alarms = alarmStack(app, name);
  const cells = [pressureCell(), vitalCell("rate", "Rate"), vitalCell("spo2", "SpO2"), vitalCell("breathing", "Breathing"),
    vitalCell("temperature", "Temp")];
  const vitals = el("div", {class: "bed-vitals"}, cells.map((cell) => cell.node));
  const drug = dosePanel();
  const checks = schedule();
  const before = beforePanel();
  const monitors = devices();
  const acts = actButtons(app, name, null);
  const chart = trend(app);
  const missing = el("p", {class: "nothing"});
  const page = el("div", {class: "bed"}, top.node, alarms.node, vitals, acts.node,
    el("div", {class: "bed-chart"}, chart.node, monitors.node),
    el("aside", {class: "bed-side", "aria-label": "Drug and checks"}, before.node, drug.node, checks.node));
  const node = el("div", {class: "bed-page"}, missing, page);

  function update() {
    const entry = app.live.beds.get(name);
    show(page, entry);
    show(missing, !entry);
    if (!entry) {
      setText(missing, app.live.station && !app.live.lost ? `There is no bed called ${name} here.` : "Waiting for this bed.");
      return;
    }
    const lost = app.live.lost || app.live.isBedSilent(entry);
    const worst = worstAlarm(entry.frame.alarms);
    setAttribute(page, "data-lost", lost ? "yes" : null);
    setAttribute(page, "data-watched", entry.frame.watched ? "yes" : "no");
    setAttribute(page, "data-worst", worst ? worst.priority : null);
    setAttribute(page, "data-standing", worst ? standingOf(worst) : null);
    top.update(entry);
    alarms.update(entry, lost);
    for (const cell of cells)
      cell.update(entry, lost);
    show(cells[4].node, vitalOf(entry.frame, "temperature").device !== null);
    acts.update(entry);
    before.update(entry);
    drug.update(entry, app.utcOffsetMin());
    checks.update(entry, app.utcOffsetMin());
    monitors.update(entry);
    chart.update(entry);
  }
  return {node, update, title: () => app.live.beds.get(name)?.frame.label ?? name, leave: () => chart.leave()};
}
