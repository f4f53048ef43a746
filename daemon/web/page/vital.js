// One vital sign as it is shown anywhere: its figures, how old they are, whether they may be trusted, and the limits.
// The frame says how (`show`, `quality`); this only draws it.

import {el, setText, setAttribute, shape, show} from "./dom.js";
import {SOURCES, clockTime, span, vitalWord} from "./words.js";
import {Live} from "./live.js";

export function vitalOf(bed, name) {
  return bed.vitals.find((vital) => vital.vital === name);
}

// Grey, or beyond any use, or simply a value. A page that hears nothing shows nothing as fresh.
export function gradeOf(vital, lost) {
  if (vital.show === "value" && lost)
    return "grey";
  return vital.show;
}

export function textOf(vital) {
  return vital.show === "none" || vital.text === null ? "--" : vital.text;
}

// Ages grow on the page; one that is not known is said so.
export function ageText(entry, vital) {
  if (vital.show === "none")
    return vital.state === "unknown" ? "not read" : "too old";
  if (vital.age_unknown)
    return "age unknown";
  return vital.age_ms === null ? "" : span(Live.aged(entry, vital.age_ms));
}

export function whereFrom(vital) {
  return vital.source ? SOURCES[vital.source] ?? vital.source : "";
}

// The line of "NOT WATCHING ..." that speaks of this vital sign.
export function unwatchedLine(bed, vital) {
  return bed.not_watching.find((line) => line.what === vital.vital || (line.what === vital.device && vital.required) ||
    (line.what === "pressure" && ["systolic", "diastolic", "mean"].includes(vital.vital)));
}

// An alarm says it already: since when, and the cause as it was then. What the monitor's line says of itself may change with
// every attempt, and is no news.
export function isSaidBy(alarm, line) {
  return alarm.sentence.includes(line.line.slice(0, line.line.length - line.reason.length));
}

// What is not watched for one reason is said in one line.
export function unwatchedLines(bed, utcOffsetMin, isWanted = () => true) {
  const groups = new Map();
  for (const line of bed.not_watching.filter(isWanted))
    groups.set(line.reason, [...(groups.get(line.reason) ?? []), line]);
  return [...groups].map(([reason, lines]) => {
    if (lines.length === 1)
      return lines[0].line;
    const since = clockTime(Math.min(...lines.map((line) => Date.parse(line.since))), utcOffsetMin, false);
    return `NOT WATCHING ${lines.map((line) => vitalWord(line.what)).join(", ")} since ${since}: ${reason}`;
  });
}

// Where only whole numbers are measured, the last one that is inside: as with a whole limit, which is inside itself (R9).
function limitText(limit, vital) {
  const isWhole = vital.unit !== "°C" && !(vital.text ?? "").includes(".");
  return String(!isWhole ? limit.value : limit.side === "high" ? Math.floor(limit.value) : Math.ceil(limit.value));
}

// Of each side and tier the nearest limit: the one that would be crossed first.
export function nearestLimits(vital) {
  const nearest = {};
  for (const limit of vital.limits) {
    const key = `${limit.side}-${limit.tier}`;
    const nearer = nearest[key] === undefined ||
      (limit.side === "high" ? limit.value < nearest[key].value : limit.value > nearest[key].value);
    if (nearer)
      nearest[key] = limit;
  }
  return nearest;
}

const LADDER = [["high-critical", "up-critical"], ["high-advisory", "up-advisory"], ["low-advisory", "down-advisory"],
  ["low-critical", "down-critical"]];

// The four limits, one above the other, each with its own shape: filled is critical, hollow advisory.
export function ladder() {
  const rungs = LADDER.map(([key, kind]) => {
    const figure = el("span", {class: "rung-value"});
    const mark = el("span", {class: "rung-mark"});
    const node = el("span", {class: `rung ${kind}`, role: "img"}, shape(kind), figure, mark);
    return {key, node, figure, mark};
  });
  const node = el("span", {class: "ladder"}, rungs.map((rung) => rung.node));
  return {
    node,
    update(vital) {
      const nearest = nearestLimits(vital);
      for (const rung of rungs) {
        const limit = nearest[rung.key];
        const [side, tier] = rung.key.split("-");
        setText(rung.figure, limit ? limitText(limit, vital) : "");
        setText(rung.mark, limit && limit.relative ? "b" : "");
        setAttribute(rung.node, "class", `rung ${side === "high" ? "up" : "down"}-${tier}${limit ? "" : " empty"}`);
        setAttribute(rung.node, "aria-label", limit ? `${tier} ${side} ${limit.value}` : null);
        setAttribute(rung.node, "title", limit
          ? `${tier} ${side}: ${limit.value}${limit.relative ? ", from this patient's baseline" : ""}` : null);
      }
    },
  };
}

// A vital sign of one figure.
export function vitalCell(name, heading, {small = false} = {}) {
  const figure = el("span", {class: "figure"});
  const doubt = el("span", {class: "doubt"});
  const unit = el("span", {class: "unit"});
  const source = el("span", {class: "source"});
  const age = el("span", {class: "age"});
  const flag = el("span", {class: "flag"});
  const limits = ladder();
  const node = el("div", {class: `vital vital-${name}`, role: "group", "aria-label": heading},
    el("div", {class: "vital-head"}, el("span", {class: "vital-name"}, heading), unit, source, small ? null : flag),
    el("div", {class: "vital-body"}, el("span", {class: "figures"}, figure, doubt), small ? null : limits.node),
    el("div", {class: "vital-foot"}, el("span", {class: "standing"}, age, small ? flag : null), small ? limits.node : null));
  return {
    node,
    update(entry, lost) {
      const vital = vitalOf(entry.frame, name);
      drawVital(node, {figure, doubt, unit, source, flag}, entry.frame, vital, textOf(vital), lost);
      setText(age, ageText(entry, vital));
      limits.update(vital);
    },
  };
}

function drawVital(node, parts, bed, vital, text, lost) {
  const unwatched = unwatchedLine(bed, vital);
  setAttribute(node, "data-show", gradeOf(vital, lost));
  setAttribute(node, "data-unwatched", unwatched ? "yes" : null);
  setText(parts.figure, text);
  setText(parts.doubt, vital.show !== "none" && vital.quality === "verify" ? "?" : "");
  setText(parts.unit, vital.unit);
  setText(parts.source, whereFrom(vital));
  setText(parts.flag, unwatched ? "NOT WATCHED" : flagText(vital, lost));
}

function flagText(vital, lost) {
  if (vital.show === "none")
    return "";
  if (vital.quality === "verify" && vital.doubt)
    return vital.doubt;
  return vital.state === "stale" && vital.required ? "OLD" : lost ? "OLD" : "";
}

// The cuff: three figures of one measurement, with one age.
export function pressureCell({small = false} = {}) {
  const systolic = el("span", {class: "figure"});
  const diastolic = el("span", {class: "figure"});
  const mean = el("span", {class: "figure-mean"});
  const doubt = el("span", {class: "doubt"});
  const unit = el("span", {class: "unit"});
  const source = el("span", {class: "source"});
  const age = el("span", {class: "age"});
  const flag = el("span", {class: "flag"});
  const busy = el("span", {class: "busy"}, "measuring");
  const ladders = {systolic: ladder(), diastolic: ladder()};
  const node = el("div", {class: "vital vital-pressure", role: "group", "aria-label": "Blood pressure"},
    el("div", {class: "vital-head"}, el("span", {class: "vital-name"}, "Pressure"), unit, busy, source, small ? null : flag),
    el("div", {class: "vital-body"}, small ? null : ladders.systolic.node,
      el("span", {class: "figures"}, systolic, el("span", {class: "slash"}, "/"), diastolic, doubt),
      small ? null : ladders.diastolic.node),
    el("div", {class: "vital-foot"}, el("span", {class: "standing"}, age, small ? flag : null), mean,
      small ? ladders.systolic.node : null));
  return {
    node,
    update(entry, lost) {
      const vitals = Object.fromEntries(["systolic", "diastolic", "mean"].map((name) => [name, vitalOf(entry.frame, name)]));
      drawVital(node, {figure: systolic, doubt, unit, source, flag}, entry.frame, vitals.systolic,
        textOf(vitals.systolic), lost);
      setText(diastolic, textOf(vitals.diastolic));
      // By hand the mean is often not read: that of an older cuff says nothing of these two.
      const isOfThese = vitals.mean.show !== "none" && vitals.mean.text !== null && vitals.mean.measured_at === vitals.systolic.measured_at;
      setText(mean, isOfThese ? `mean ${vitals.mean.text}` : "");
      setText(age, ageText(entry, vitals.systolic));
      show(busy, entry.frame.devices.some((device) => device.answers && device.measuring));
      ladders.systolic.update(vitals.systolic);
      ladders.diastolic.update(vitals.diastolic);
    },
  };
}
