// Coming in: the log-in, and a password of one's own where somebody else chose the first. Both stand over the page as it
// was: a daemon that was started anew may ask again, and nothing is loaded anew.

import {el, setText, show} from "./dom.js";
import {ask} from "./api.js";

function field(id, label, attributes) {
  const control = el("input", {id, name: id, required: true, ...attributes});
  return {control, nodes: [el("label", {for: id}, label), control]};
}

class Door {
  constructor() {
    this.app = null;
    this.name = field("login-name", "Name", {autocomplete: "username", maxlength: 31, autocapitalize: "none", spellcheck: "false"});
    this.password = field("login-password", "Password", {type: "password", autocomplete: "current-password", maxlength: 256});
    this.refusal = el("p", {class: "refusal", role: "alert", hidden: true});
    this.go = el("button", {class: "primary"}, "Log in");
    const form = el("form", {class: "form", novalidate: true}, el("h1", {}, "infusiond"),
      el("p", {class: "hint"}, "This page shows nothing and watches nothing until somebody logs in."), this.name.nodes, this.password.nodes,
      this.refusal, this.go);
    this.dialog = el("dialog", {class: "login", "aria-label": "Log in"}, form);
    this.dialog.addEventListener("cancel", (event) => event.preventDefault());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.logIn();
    });
  }

  async logIn() {
    this.go.disabled = true;
    const password = this.password.control.value;
    const answer = await ask("POST", "/api/v1/login", {name: this.name.control.value.trim(), password}).catch(() => null);
    this.go.disabled = false;
    show(this.refusal, !answer || answer.status !== 200);
    if (!answer || answer.status !== 200) {
      setText(this.refusal, answer ? sentence(answer.body.error) : "infusiond does not answer: look at the monitors.");
      this.password.control.focus();
      return;
    }
    this.password.control.value = "";
    this.close();
    if (answer.body.you.must_change_password)
      choosePassword(this.app, password);
    else
      this.app.known(answer.body.you);
  }

  open(app) {
    this.app = app;
    if (!this.dialog.isConnected)
      document.body.append(this.dialog);
    if (this.dialog.open)
      return;
    show(this.refusal, false);
    this.dialog.showModal();
    (this.name.control.value === "" ? this.name : this.password).control.focus();
  }

  close() {
    if (this.dialog.open)
      this.dialog.close();
  }
}

export const login = new Door();

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// `old`: the password that was just used, where a new one must be chosen before anything else; null: asked for.
// `mayLeave`: it is the person's own wish.
export function choosePassword(app, old, mayLeave = false) {
  if (document.querySelector("dialog.password"))
    return;
  const before = field("password-old", "Password until now", {type: "password", autocomplete: "current-password", maxlength: 256});
  const first = field("password-new", "New password, at least 10 characters", {type: "password", autocomplete: "new-password", maxlength: 256});
  const second = field("password-again", "The new one again", {type: "password", autocomplete: "new-password", maxlength: 256});
  const refusal = el("p", {class: "refusal", role: "alert", hidden: true});
  const form = el("form", {class: "form", novalidate: true}, el("h1", {}, "A password of your own"),
    el("p", {class: "hint"}, mayLeave ? "Every other log-in of yours ends." : "The first one was chosen by somebody else. Before anything else, choose one that only you know."),
    old === null ? before.nodes : null, first.nodes, second.nodes, refusal, el("div", {class: "form-foot"}, el("button", {class: "primary"}, "Change it"),
      el("button", {type: "button", onclick: () => (mayLeave ? dialog.close() : leave())}, mayLeave ? "Cancel" : "Log out")));
  const dialog = el("dialog", {class: "login password", "aria-label": "A password of your own"}, form);

  const refuse = (text) => {
    setText(refusal, sentence(text));
    show(refusal, true);
  };

  async function leave() {
    await ask("POST", "/api/v1/logout", {}).catch(() => null);
    dialog.close();
    login.open(app);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (first.control.value !== second.control.value) {
      refuse("The two new passwords are not the same");
      return;
    }
    const answer = await ask("POST", "/api/v1/password", {password: old ?? before.control.value, new_password: first.control.value}).catch(() => null);
    if (!answer || answer.status !== 200) {
      refuse(answer ? answer.body.error : "infusiond does not answer");
      return;
    }
    dialog.close();
    app.tell("The password was changed");
    app.lookWhetherKnown();
  });
  dialog.addEventListener("cancel", (event) => mayLeave || event.preventDefault());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
