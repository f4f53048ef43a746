// A form of one act, at the right edge so that the bed and its alarms stay in sight. Its act_id is made once, when it
// opens: however often it is sent, by whatever press, reload or Back, it is one act. What is refused or unanswered keeps
// all that was typed; and what is unanswered is locked, since another value under the same act_id would be another act.

import {el, refuseHeldEnter, setText, show} from "./dom.js";
import {ask, makeActId} from "./api.js";
import {inWords} from "./fields.js";
import {partsOf} from "./alarm.js";

const DRAFT = "infusiond.draft";
const NO_ANSWER = "No answer: it may or may not have been done. It can only be sent again as it is, which does it once, or cancelled and " +
  "looked for in the record.";
const NONE_SEEN = "This was sent, and no answer was seen. It can only be sent again as it is, which does it once, or cancelled and looked " +
  "for in the record.";

function remember(draft) {
  try {
    if (draft)
      sessionStorage.setItem(DRAFT, JSON.stringify(draft));
    else
      sessionStorage.removeItem(DRAFT);
  } catch {
    // Without storage a reload loses what was typed, and no more.
  }
}

export function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(DRAFT));
  } catch {
    return null;
  }
}

// What a form is about, as the last frame has it.
function findTarget(app, {bedName, alarmId, sessionId}) {
  const entry = bedName ? app.live.beds.get(bedName) : app.live.station;
  const alarm = alarmId === undefined || !entry ? null : entry.frame.alarms.find((each) => each.id === alarmId) ?? null;
  return {app, bed: entry ? entry.frame : null, beds: [...app.live.beds.values()].map((each) => each.frame), alarm, sessionId};
}

// Whoever sits at a shared terminal says who they are; it is kept while the page is open.
export function actingField({app}) {
  const control = el("input", {name: "as", maxlength: 31, autocomplete: "off", id: "acting-as"});
  control.value = app.actingAs ?? "";
  return {name: "as", node: el("div", {class: "field"}, el("label", {for: "acting-as"}, "Who is acting"),
    el("span", {class: "hint"}, "this is a shared terminal"), control), get: () => control.value, set: (text) => {
    control.value = text;
  }, value: () => {
    app.actingAs = control.value.trim();
    return app.actingAs === "" ? {problem: "Who is acting: a name is wanted"} : {body: {as: app.actingAs}};
  }};
}

class Form {
  constructor(app, kind, act, place, draft) {
    this.app = app;
    this.kind = kind;
    this.act = act;
    this.place = place;
    this.target = findTarget(app, place);
    this.actId = draft ? draft.actId : makeActId();
    this.sent = draft ? draft.sent : false;
    this.body = draft?.body ?? null;     // what was sent and not answered
    this.isLeft = false;
    this.sessionId = this.target.bed?.session?.id ?? null;
    this.build();
    if (draft)
      this.restore(draft);
  }

  build() {
    const {app, act} = this;
    const makers = [...(app.live.you.may_speak_for_others ? [actingField] : []), ...act.fields];
    this.fields = makers.map((make) => make(this.target));
    this.path = act.path(this.target);
    this.refusal = el("p", {class: "refusal", role: "alert", hidden: true});
    this.warning = el("p", {class: "changed", role: "status", hidden: true});
    this.lines = el("div", {class: "says"});
    this.go = el("button", {class: "primary"}, act.verb);
    this.typed = el("fieldset", {class: "typed"}, this.fields.map((field) => field.node));
    const cancel = el("button", {type: "button", onclick: () => this.close()}, "Cancel");
    const form = el("form", {class: "form", novalidate: true}, el("h2", {class: "form-title"}, act.title), this.whose(), this.lines,
      this.typed, this.warning, this.refusal, el("div", {class: "form-foot"}, this.go, cancel));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    refuseHeldEnter(form);
    form.addEventListener("input", () => this.keep());
    this.dialog = el("dialog", {class: "drawer", "aria-label": act.title, "data-act": this.kind}, form);
    this.dialog.addEventListener("close", () => this.ended());
    // What is on its way cannot be taken back by a key.
    this.dialog.addEventListener("cancel", (event) => this.sending && event.preventDefault());
    this.revision = this.target.alarm ? this.target.alarm.revision : null;
    this.say();
  }

  whose() {
    const {bed} = this.target;
    if (this.place.sessionId)
      return el("p", {class: "whose"}, el("strong", {}, `Session ${this.place.sessionId}`));
    if (!this.place.bedName)
      return el("p", {class: "whose"}, "infusiond itself");
    return el("p", {class: "whose"}, el("strong", {}, bed.label || bed.bed), bed.session ? ` · ${bed.session.patient ?? "no pseudonym"}` : "");
  }

  say() {
    const says = this.act.says ? this.act.says(this.target) : [];
    this.lines.replaceChildren(...says.map((text) => el("p", {}, text)));
  }

  // The frame goes on while the form is open: what it no longer allows is said, and is still the API's to refuse.
  follow() {
    if (this.place.sessionId)
      return;
    // What is on its way or unanswered may itself be what changed the state.
    const isOut = this.sending || this.sent;
    const target = findTarget(this.app, this.place);
    const allowed = this.place.alarmId === undefined ? target.bed?.allowed : target.alarm?.allowed;
    const isOther = this.place.alarmId === undefined && this.sessionId !== (target.bed?.session?.id ?? null);
    const gone = !allowed || !allowed.includes(this.kind) || isOther;
    show(this.warning, gone && !isOut);
    setText(this.warning, isOther ? "The session at this bed is no longer the one for which this was opened."
      : "The state has changed: this may no longer be possible.");
    const isWorse = !gone && target.alarm && this.revision !== null && target.alarm.revision !== this.revision;
    if (isWorse && !isOut) {
      show(this.warning, true);
      setText(this.warning, `It has changed since this was opened. Now: ${partsOf(target.alarm.sentence).main}`);
    }
  }

  keep() {
    remember({kind: this.kind, place: this.place, actId: this.actId, sent: this.sent, body: this.body, sessionId: this.sessionId,
      revision: this.revision, values: Object.fromEntries(this.fields.map((field) => [field.name, field.get()]))});
  }

  restore(draft) {
    for (const field of this.fields)
      if (field.name in draft.values)
        field.set(draft.values[field.name]);
    this.revision = draft.revision;
    if (this.sent)
      this.lock(NONE_SEEN);
  }

  // Until an answer is known nothing can be changed: the same is sent again.
  lock(sentence) {
    this.typed.disabled = true;
    this.refuse(sentence);
    this.go.focus();
  }

  collect() {
    const body = {act_id: this.actId};
    for (const field of this.fields) {
      const {body: part, problem} = field.value();
      if (problem)
        return {problem, field};
      Object.assign(body, part);
    }
    if (this.revision !== null && this.kind === "acknowledge")
      body.revision = this.revision;
    return {body};
  }

  async submit() {
    if (this.sending)
      return;
    const {body, problem, field} = this.body ? {body: this.body} : this.collect();
    if (problem) {
      this.refuse(problem);
      field.node.querySelector("input, select")?.focus();
      return;
    }
    this.sending = true;
    this.sent = true;
    this.body = body;
    this.keep();
    this.go.disabled = true;
    show(this.refusal, false);
    await this.send(body);
    this.sending = false;
    this.go.disabled = false;
    // What is disabled loses the focus, and a key would go nowhere.
    if (this.sent || (this.dialog.open && document.activeElement === document.body))
      this.go.focus();
  }

  async send(body) {
    let answer;
    try {
      answer = await ask("POST", this.path, body);
    } catch {
      this.lock(NO_ANSWER);
      return;
    }
    if (answer.status === 200) {
      this.sent = false;
      this.close();
      // Who went elsewhere before the answer came was asked about it again.
      if (this.app.form && this.app.form !== this && this.app.form.actId === this.actId)
        this.app.form.close();
      this.app.tell((answer.body.repeated ? "Was done already: " : "") + (this.act.told ?? answer.body.text));
      if (this.done)
        this.done();
      return;
    }
    this.sent = false;
    this.body = null;
    this.typed.disabled = false;
    this.keep();
    this.refuse(inWords(answer.body.error, this.fields));
    if (answer.status === 401)
      this.app.lookWhetherKnown();
    this.seeAgain();
  }

  // Refused because it has become worse: what is now on the screen is what the next press acknowledges.
  seeAgain() {
    this.target = findTarget(this.app, this.place);
    if (this.target.alarm) {
      this.revision = this.target.alarm.revision;
      this.say();
    }
  }

  refuse(sentence) {
    setText(this.refusal, sentence.charAt(0).toUpperCase() + sentence.slice(1));
    show(this.refusal, true);
  }

  open() {
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.keep();
    const first = this.dialog.querySelector("input, select, .primary");
    if (first)
      first.focus();
  }

  close() {
    remember(null);
    this.dialog.close();
  }

  // By Back or a link: what may have been done follows whoever sent it, until an answer has been seen.
  leave() {
    this.isLeft = this.sent;
    if (!this.sent)
      remember(null);
    this.dialog.close();
  }

  ended() {
    if (this.app.form === this)
      this.app.form = null;
    if (!this.sending && !this.isLeft)
      remember(null);
    this.dialog.remove();
  }
}

// An act with nothing to be asked: a form opens only when it was not done.
async function doAtOnce(app, kind, act, place) {
  const actId = makeActId();
  const answer = await ask("POST", act.path(findTarget(app, place)), {act_id: actId}).catch(() => null);
  if (answer && answer.status === 200) {
    app.tell(answer.body.text);
    return;
  }
  openForm(app, kind, act, place, {actId, sent: answer === null, values: {}, revision: null});
  if (answer)
    app.form.refuse(answer.body.error);
}

export function openForm(app, kind, act, place, draft = null) {
  if (app.form)
    app.form.close();
  if (act.atOnce && !draft && !app.live.you.may_speak_for_others) {
    doAtOnce(app, kind, act, place);
    return;
  }
  app.form = new Form(app, kind, act, place, draft);
  app.form.open();
}

// An act on a session that has ended, from its page in the record.
export function openRecordForm(app, kind, act, sessionId, done) {
  if (app.form)
    app.form.close();
  app.form = new Form(app, kind, act, {sessionId});
  app.form.done = done;
  app.form.open();
}

// After a reload: what was being typed or sent comes back, once its bed has been heard of.
export function reopen(app, acts) {
  const draft = remembered();
  if (!draft || app.form || !acts[draft.kind])
    return;
  const {bed} = findTarget(app, draft.place);
  if (draft.place.sessionId) {
    remember(null);
    return;
  }
  if (!bed)
    return;
  if ((bed.session?.id ?? null) !== draft.sessionId && draft.place.alarmId === undefined) {
    remember(null);
    return;
  }
  openForm(app, draft.kind, acts[draft.kind], draft.place, draft);
}

