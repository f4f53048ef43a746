// Where a session stands: its phase, what is left of it, what was infused, and the checks that are due.

import {Live} from "./live.js";
import {PHASES, count, number, span} from "./words.js";

// "Infusion", "32:14 left".
export function phaseWords(entry) {
  const session = entry.frame.session;
  if (!session)
    return {name: PHASES.none, left: ""};
  const dose = session.dose_clock;
  const left = Live.left(entry, dose.left_ms);
  const name = PHASES[session.phase];
  if (session.phase === "infusion")
    return left > 0 ? {name, left: `${count(left)} left`} : {name, left: "END: stop the pump?"};
  if (session.phase === "paused")
    return {name, left: `paused ${span(Live.aged(entry, session.phase_age_ms))}`};
  return {name, left: span(Live.aged(entry, session.phase_age_ms))};
}

// 0 to 1 of the planned time.
export function doneShare(entry) {
  const session = entry.frame.session;
  if (!session || session.dose_clock.started === null)
    return 0;
  const dose = session.dose_clock;
  const infusing = dose.running ? Live.aged(entry, dose.infusing_ms) : dose.infusing_ms;
  return Math.min(1, infusing / (session.plan.planned_min * 60000));
}

export function infusedText(session) {
  return `${number(session.dose_clock.infused_mg, 1)} mg`;
}

// The next check: how long until it is due, or since when it is.
export function checkWords(entry) {
  const session = entry.frame.session;
  if (!session || session.next_check_in_ms === null)
    return {text: "", overdue: false};
  const left = Live.left(entry, session.next_check_in_ms);
  return left > 0 ? {text: `check in ${count(left)}`, overdue: false}
    : {text: `check due for ${span(-left)}`, overdue: true};
}
