// Alarms: which is worst, and the band that says one. What may be done about it stands in its own `allowed`.

import {el, setText, setAttribute, shape, show} from "./dom.js";
import {PRIORITIES, STARS, clockTime, plural, span, vitalWord} from "./words.js";
import {Live} from "./live.js";

export function rankOf(priority) {
  return PRIORITIES.indexOf(priority);
}

// calls: nobody has answered it; held: somebody has; latched: it is over, and nobody has seen it.
export function standingOf(alarm) {
  if (alarm.state === "latched")
    return "latched";
  return alarm.acknowledged ? "held" : "calls";
}

// How bad a bed is, for its place in the list and for its frame: calling before answered before latched.
export function urgencyOf(bed) {
  const worst = bed.alarms.reduce((most, alarm) => Math.max(most, rankOf(alarm.priority) * 4 +
    {calls: 3, held: 1, latched: 2}[standingOf(alarm)]), 0);
  return worst * 4 + (bed.not_watching.length > 0 ? 2 : 0) + (bed.watched ? 1 : 0);
}

export function worstAlarm(alarms) {
  return alarms.reduce((worst, alarm) => worst === null || rankOf(alarm.priority) > rankOf(worst.priority) ||
    (alarm.priority === worst.priority && standingOf(alarm) === "calls" && standingOf(worst) !== "calls")
    ? alarm : worst, null);
}

// "Systolic 184, limit 180 ...; systolic.high.advisory; diastolic.high.critical; systolic.rising": what it says, which is to
// be read from afar, and what else holds, in words. The whole sentence is the record's, with the rules by their names.
const RULE = /^[a-z_0-9-]+(\.[a-z_0-9-]+)+$/;
const REST = /^and (\d+) more$/;
const STANDING = /^On and off since [\d:]+: /;

// The names of rules that name no vital sign.
const RULE_WORDS = {silent: "the monitor does not answer", overdue: "no new cuff measurement", "cuff-failed": "a cuff measurement failed",
  "age-unknown": "a pressure of unknown age is beyond a limit", clock: "the monitor's clock is wrong", unwatched: "nobody watched for a time",
  "end-due": "the planned end has passed", "pause-long": "paused for long", recheck: "the promised recheck was not done"};

const isRule = (part) => RULE.test(part) || part in RULE_WORDS;

// Each once: of one side of a vital sign the worst tier, and nothing of the side of which the sentence itself speaks.
function wordsOf(rules, main) {
  const said = new Map();
  const spoken = main.replace(STANDING, "").toLowerCase();
  for (const rule of rules) {
    const [first, second, tier] = rule.split(".");
    if (rule in RULE_WORDS)
      said.set(rule, RULE_WORDS[rule]);
    else if (first === "lost")
      said.set(rule, `${vitalWord(second)} lost`);
    else if (first === "no-source")
      said.set(rule, `no source of ${vitalWord(second)}`);
    else if (tier === undefined)
      said.set(rule, `${vitalWord(first)} ${second}`);
    else if (!(spoken.startsWith(`${first} `) && spoken.includes(` ${second}`)) && !said.get(`${first}.${second}`)?.includes("critical"))
      said.set(`${first}.${second}`, `${vitalWord(first)} ${tier} ${second}`);
  }
  return [...said.values()];
}

export function partsOf(sentence) {
  const parts = sentence.split("; ");
  const rules = parts.filter(isRule);
  const main = parts.filter((part) => !isRule(part) && !REST.test(part)).join("; ");
  const rest = parts.map((part) => REST.exec(part)?.[1]).filter(Boolean).map((count) => plural(Number(count), "more rule"));
  return {main, also: [...wordsOf(rules, main), ...rest].join(", "), rules: [...rules, ...rest].join(", ")};
}

function worstText(alarm) {
  return Object.entries(alarm.worst_values).filter(([key]) => key.startsWith("systolic") || !/^(diastolic|mean)/.test(key))
    .map(([key, value]) => `${key.split(".")[0]} ${value}`).join(", ");
}

export function stateText(entry, alarm, utcOffsetMin) {
  const parts = [];
  const standing = standingOf(alarm);
  const since = clockTime(Date.parse(alarm.started), utcOffsetMin, false);
  if (standing === "latched")
    parts.push(`over since ${span(Live.aged(entry, alarm.ended_ago_ms))}, to be acknowledged` +
      (worstText(alarm) ? `; worst ${worstText(alarm)}` : ""));
  else
    parts.push(alarm.standing ? `on and off since ${since}` : `for ${span(Live.aged(entry, alarm.age_ms))}`);
  if (alarm.acknowledged)
    parts.push(`${standing === "latched" ? "while it stood, " : ""}acknowledged by ${alarm.acknowledged_by} ${span(Live.aged(entry, alarm.acknowledged_ago_ms))} ago` +
      (alarm.doing ? `: ${alarm.doing}` : ""));
  if (alarm.escalated)
    parts.push("escalated: nobody answered");
  if (standing === "calls" && !alarm.sounds)
    parts.push("sound paused");
  const {also} = partsOf(alarm.sentence);
  if (also)
    parts.push(`also ${also}`);
  return parts.join(" · ");
}

// One alarm in words: shape and stars, the sentence, how it stands. `buttons` are for the bed's own page.
export function alarmBand(buttons = null, isShort = false) {
  const mark = el("span", {class: "alarm-mark"});
  const word = el("span", {class: "alarm-word"});
  const sentence = el("span", {class: "alarm-sentence"});
  const state = el("span", {class: "alarm-state"});
  const node = el("div", {class: "alarm"}, el("span", {class: "alarm-priority"}, mark, word),
    el("span", {class: "alarm-text"}, sentence, state), buttons ? buttons.node : null);
  let shown = null;
  return {
    node,
    update(entry, alarm, utcOffsetMin) {
      setAttribute(node, "data-priority", alarm.priority);
      setAttribute(node, "data-standing", standingOf(alarm));
      setAttribute(node, "data-alarm", alarm.id);
      if (shown !== alarm.priority)
        mark.replaceChildren(shape(alarm.priority));
      shown = alarm.priority;
      setText(word, standingOf(alarm) === "latched" ? isShort ? `${STARS[alarm.peak]} OVER` : `${STARS[alarm.peak]} ${alarm.peak.toUpperCase()}, OVER`
        : `${STARS[alarm.priority]} ${alarm.priority.toUpperCase()}`);
      setText(sentence, partsOf(alarm.sentence).main);
      setAttribute(sentence, "title", alarm.sentence);
      setText(state, stateText(entry, alarm, utcOffsetMin));
      if (buttons)
        buttons.update(alarm);
    },
    hide: (hidden) => show(node, !hidden),
  };
}

// What sounds now: the highest priority of all that the frames say sounds, and a name for each reason.
export function soundWanted(live) {
  const reasons = [];
  let rank = 0;
  const look = (alarms) => {
    for (const alarm of alarms) {
      if (!alarm.sounds)
        continue;
      rank = Math.max(rank, rankOf(alarm.priority));
      reasons.push(`${alarm.id}:${alarm.priority}`);
    }
  };
  if (live.station)
    look(live.station.frame.alarms);
  for (const entry of live.beds.values())
    look(entry.frame.alarms);
  if (live.lost) {
    rank = rankOf("high");
    reasons.push("page-lost");
  }
  return {priority: PRIORITIES[rank], reasons};
}
