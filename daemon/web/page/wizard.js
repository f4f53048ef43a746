// Starting a session (R34), in four steps on one page: who and how heavy, the arithmetic as the daemon does it, the right
// monitor, and the start. The page computes nothing: the same checks by the same code answer the look before and the act.

import {el, isMeant, refuseHeldEnter, setText, show} from "./dom.js";
import {ask, makeActId} from "./api.js";
import {decimal, inWords, line, reason} from "./fields.js";
import {actingField} from "./dialog.js";
import {number} from "./words.js";

const DRAFT = "infusiond.start";
const NO_ANSWER = "No answer: it may or may not have been started. It can only be sent again as it is, which starts it once, or cancelled " +
  "and looked for at the bed.";

function step(title, ...children) {
  const mark = el("span", {class: "step-mark", "aria-hidden": "true"});
  const brief = el("span", {class: "step-brief"});
  const body = el("div", {class: "step-body"}, children.flat());
  const node = el("section", {class: "step"}, el("h2", {class: "step-title"}, mark, title, brief), body);
  return {node, body, brief, set(state, index) {
    node.dataset.state = state;
    setText(mark, state === "done" ? "✓" : String(index + 1));
    body.inert = state !== "now";
  }};
}

function planTable(plan) {
  const rows = [["Dose", `${number(plan.dose_mg)} mg`, `${number(plan.dose_mg_per_kg)} mg/kg`],
    ["Volume", `${number(plan.volume_ml)} mL`, `${number(plan.concentration_mg_ml)} mg/mL`],
    ["Pump", `${number(plan.rate_ml_h)} mL/h`, `${number(plan.rate_mg_h)} mg/h`],
    ["Time", `${number(plan.planned_min)} min`, ""],
    ["Weight", `${number(plan.weight_kg)} kg`, `${number(plan.weight_lb, 1)} lb`]];
  return el("table", {class: "plan"}, el("tbody", {}, rows.map(([name, main, side]) => el("tr", {}, el("th", {scope: "row"}, name),
    el("td", {class: "plan-main"}, main), el("td", {}, side)))));
}

class Wizard {
  constructor(app, bedName) {
    this.app = app;
    this.bedName = bedName;
    this.actId = makeActId();
    this.preview = null;
    this.body = null;       // what was sent to start it and not answered
    this.build();
    this.restore();
    this.to(this.body ? 3 : 0);
    if (this.body)
      this.refuse(NO_ANSWER);
  }

  build() {
    const target = {app: this.app};
    this.first = [...(this.app.live.you?.may_speak_for_others ? [actingField(target)] : []),
      line("patient", "Patient's pseudonym", {hint: "letters, digits, '.', '-' and '_': never a name", max: 63})(target),
      decimal("weight_kg", "Weight, read from the scales in kilograms", {unit: "kg"})(target),
      decimal("weight_lb", "The same weight, read again in pounds", {unit: "lb"})(target)];
    this.other = [decimal("dose_mg", "Dose, if prescribed otherwise than by the rule", {unit: "mg", optional: true})(target),
      decimal("volume_ml", "Volume of the whole dose, if not the usual", {unit: "mL", optional: true})(target)];
    this.regimen = el("select", {id: "wizard-regimen", name: "regimen"});
    this.regimenField = el("div", {class: "field"}, el("label", {for: "wizard-regimen"}, "Regimen"), this.regimen);
    this.loadRegimens();
    this.seen = decimal("seen", "The screen shows", {})(target);
    this.vital = el("select", {name: "vital", id: "wizard-vital"});
    const which = el("div", {class: "field"}, el("label", {for: "wizard-vital"}, "Which value"), this.vital);
    this.why = reason({label: "Or nothing can be compared, because"})(target);
    this.unusual = el("input", {type: "checkbox", name: "unusual_confirmed"});
    this.unusualField = el("label", {class: "field tick"}, this.unusual, el("span", {}, "This is unusual, it was checked again, and it is right."));
    this.sentences = el("div", {class: "unusual"});
    this.arithmetic = el("ul", {class: "arithmetic"});
    this.plan = el("div");
    this.monitor = el("p", {class: "monitor-label"});
    this.summary = el("div", {class: "says"});
    this.refusal = el("p", {class: "refusal", role: "alert", hidden: true});
    this.title = el("h1");
    this.steps = [
      step("Patient and weight", this.regimenField, this.first.map((field) => field.node),
        el("details", {class: "field"}, el("summary", {}, "Prescribed otherwise"), this.other.map((field) => field.node))),
      step("Dose, volume and rate", this.plan, this.arithmetic, this.sentences, this.unusualField),
      step("The right monitor", this.monitor, el("p", {}, "Look at that monitor's own screen. Type one value as it stands there; " +
        "when the session is started it is compared with what is read from the wire."), el("div", {class: "compare"}, which, this.seen.node), this.why.node),
      step("Start", this.summary),
    ];
    this.next = el("button", {type: "submit", class: "primary", onclick: (event) => isMeant(event) || event.preventDefault()});
    this.back = el("button", {type: "button", onclick: () => this.to(this.at - 1)}, "Back");
    const leave = el("a", {class: "button", href: `#/beds/${encodeURIComponent(this.bedName)}`}, "Cancel");
    this.form = el("form", {class: "wizard form", novalidate: true}, this.title, this.steps.map((each) => each.node), this.refusal,
      el("div", {class: "form-foot"}, this.next, this.back, leave));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.press();
    });
    refuseHeldEnter(this.form);
    this.form.addEventListener("input", () => this.keep());
    this.node = el("div", {class: "wizard-page"}, this.form);
  }

  async loadRegimens() {
    const answer = await ask("GET", "/api/v1/regimens").catch(() => null);
    const regimens = answer && answer.status === 200 ? answer.body.regimens : [];
    this.regimen.replaceChildren(...regimens.map((each) => el("option", {value: each.name}, each.title)));
    if (this.draftRegimen)
      this.regimen.value = this.draftRegimen;
  }

  fields() {
    return [...this.first, ...this.other, this.seen, this.why];
  }

  keep() {
    try {
      sessionStorage.setItem(DRAFT, JSON.stringify({bed: this.bedName, actId: this.actId, regimen: this.regimen.value,
        body: this.body, preview: this.body && this.preview, values: Object.fromEntries(this.fields().map((field) => [field.name, field.get()]))}));
    } catch {
      // Without storage a reload loses what was typed, and no more.
    }
  }

  forget() {
    try {
      sessionStorage.removeItem(DRAFT);
    } catch {
      // There was none.
    }
  }

  restore() {
    let draft = null;
    try {
      draft = JSON.parse(sessionStorage.getItem(DRAFT));
    } catch {
      // There is none.
    }
    if (!draft || draft.bed !== this.bedName)
      return;
    this.actId = draft.actId;
    this.draftRegimen = draft.regimen;
    this.body = draft.body ?? null;
    this.preview = draft.preview ?? null;
    for (const field of this.fields())
      if (field.name in draft.values)
        field.set(draft.values[field.name]);
  }

  to(index) {
    this.at = index;
    this.steps.forEach((each, i) => each.set(i < index ? "done" : i === index ? "now" : "later", i));
    setText(this.next, ["See the arithmetic", "It is right", "Go on", "Start the session"][index]);
    show(this.back, index > 0 && !this.body);
    show(this.refusal, false);
    this.saySteps();
    this.steps[index].node.scrollIntoView({block: "nearest"});
    const control = this.steps[index].body.querySelector("input:not([hidden]), select");
    if (index > 0)
      (control && control.offsetParent ? control : this.next).focus();
    if (index === 3)
      this.summarise();
  }

  // A step that is done shrinks to what came of it.
  saySteps() {
    const typed = Object.fromEntries(this.fields().map((field) => [field.name, field.get()]));
    const plan = this.preview ? this.preview.plan : null;
    const briefs = [[typed.patient || "no pseudonym", `${typed.weight_kg} kg`, `${typed.weight_lb} lb`].join(" · "),
      plan ? `${number(plan.dose_mg)} mg in ${number(plan.volume_ml)} mL · pump ${number(plan.rate_ml_h)} mL/h` : "",
      typed.seen === "" ? `nothing compared: ${typed.reason}` : `its screen shows ${this.comparedName()} ${typed.seen}`, ""];
    this.steps.forEach((each, i) => setText(each.brief, i < this.at ? briefs[i] : ""));
  }

  comparedName() {
    return this.preview?.live?.find((value) => value.vital === this.vital.value)?.label ?? "";
  }

  refuse(sentence) {
    setText(this.refusal, sentence.charAt(0).toUpperCase() + sentence.slice(1));
    show(this.refusal, true);
    this.refusal.scrollIntoView({block: "nearest"});
  }

  collect(fields) {
    const body = {};
    for (const field of fields) {
      const {body: part, problem} = field.value();
      if (problem) {
        this.refuse(problem);
        field.node.querySelector("input")?.focus();
        return null;
      }
      Object.assign(body, part);
    }
    return body;
  }

  press() {
    return [() => this.look(), () => this.agree(), () => this.compare(), () => this.start()][this.at]();
  }

  about() {
    const body = this.collect([...this.first, ...this.other]);
    if (body && this.regimen.value !== "")
      body.regimen = this.regimen.value;
    return body;
  }

  async ask(path, body) {
    this.next.disabled = true;
    const answer = await ask("POST", path, body).catch(() => null);
    this.next.disabled = false;
    // What is disabled loses the focus, and a key would go nowhere.
    if (document.activeElement === document.body)
      this.next.focus();
    if (answer === null)
      this.refuse(this.body ? NO_ANSWER : "No answer: press again.");
    else if (answer.status !== 200)
      this.answeredNo(answer.body.error);
    if (answer && answer.status === 401)
      this.app.lookWhetherKnown();
    return answer && answer.status === 200 ? answer.body : null;
  }

  // It is known that nothing was done: everything may be changed again.
  answeredNo(sentence) {
    this.body = null;
    this.keep();
    show(this.back, this.at > 0);
    this.refuse(inWords(sentence, this.fields()));
  }

  async look() {
    const body = this.about();
    this.preview = body && await this.ask(`/api/v1/beds/${encodeURIComponent(this.bedName)}/preview`, body);
    if (!this.preview)
      return;
    this.plan.replaceChildren(planTable(this.preview.plan));
    this.arithmetic.replaceChildren(...this.preview.arithmetic.map((text) => el("li", {}, text)));
    this.sentences.replaceChildren(...this.preview.unusual.map(({sentence}) => el("p", {class: "warning"}, sentence)));
    this.unusual.checked = false;
    show(this.unusualField, this.preview.unusual.length > 0);
    setText(this.monitor, this.preview.monitors.map((monitor) => `${monitor.label || monitor.device}` +
      (monitor.answers ? "" : `, which does not answer${monitor.reason ? `: ${monitor.reason}` : ""}`)).join(", "));
    this.vital.replaceChildren(...this.preview.live.map((value) => el("option", {value: value.vital}, `${value.label} ${value.unit}`)));
    this.to(1);
  }

  agree() {
    if (this.preview.unusual.length > 0 && !this.unusual.checked)
      this.refuse("What is unusual is to be confirmed first");
    else
      this.to(2);
  }

  confirm() {
    if (this.seen.get().trim() === "")
      return this.why.get().trim() === "" ? null : {confirm: null, reason: this.why.get().trim()};
    const seen = this.collect([this.seen]);
    return seen && {confirm: {vital: this.vital.value, value: seen.seen}};
  }

  compare() {
    const confirm = this.confirm();
    if (confirm)
      this.to(3);
    else if (this.refusal.hidden)
      this.refuse("One value from the monitor's screen is wanted, or why nothing can be compared");
  }

  summarise() {
    const {plan, label, monitors} = this.preview;
    const patient = this.first.find((field) => field.name === "patient").get().trim();
    this.summary.replaceChildren(...[`${label}, ${monitors.map((monitor) => monitor.label || monitor.device).join(", ")}`,
      patient === "" ? "no pseudonym" : `patient ${patient}`,
      `${number(plan.weight_kg)} kg, ${number(plan.dose_mg)} mg in ${number(plan.volume_ml)} mL over ${number(plan.planned_min)} min, ` +
        `pump at ${number(plan.rate_ml_h)} mL/h`,
      "Watching begins with the baseline. The drug is not started by this."].map((text) => el("p", {}, text)));
  }

  async start() {
    if (!this.body) {
      this.body = {...this.about(), ...this.confirm(), act_id: this.actId};
      if (this.preview.unusual.length > 0)
        this.body.unusual_confirmed = this.unusual.checked;
    }
    show(this.back, false);
    this.keep();
    const done = await this.ask(`/api/v1/beds/${encodeURIComponent(this.bedName)}/sessions`, this.body);
    if (!done)
      return;
    this.forget();
    this.app.tell((done.repeated ? "Was started already: " : "Started: ") + done.text);
    this.app.go(`#/beds/${encodeURIComponent(this.bedName)}`);
  }

  update() {
    const entry = this.app.live.beds.get(this.bedName);
    setText(this.title, `Start a session at ${entry ? entry.frame.label || this.bedName : this.bedName}`);
  }
}

export function wizard(app, bedName) {
  const page = new Wizard(app, bedName);
  return {node: page.node, update: () => page.update(), title: "Start a session", needsYou: true};
}
