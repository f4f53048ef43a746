import {el, setText, show} from "./dom.js";
import {ask} from "./api.js";

// The log-in stands over the page as it was: a daemon that was started anew asks again, and nothing is loaded anew.
function make() {
  let app = null;
  const name = el("input", {id: "login-name", name: "name", autocomplete: "username", required: true, maxlength: 31});
  const password = el("input", {id: "login-password", name: "password", type: "password", autocomplete: "current-password",
    required: true, maxlength: 127});
  const refusal = el("p", {class: "refusal", role: "alert"});
  const form = el("form", {class: "form", novalidate: true}, el("h1", {}, "infusiond"),
    el("p", {class: "hint"}, "This page shows nothing and watches nothing until somebody logs in."),
    el("label", {for: "login-name"}, "Name"), name, el("label", {for: "login-password"}, "Password"), password, refusal,
    el("button", {class: "primary"}, "Log in"));
  const dialog = el("dialog", {class: "login", "aria-label": "Log in"}, form);
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await ask("POST", "/api/v1/login", {name: name.value, password: password.value}).catch(() => null);
    show(refusal, !answer || answer.status !== 200);
    if (answer && answer.status === 200) {
      password.value = "";
      app.known(answer.body.you);
    } else {
      setText(refusal, answer ? answer.body.error : "infusiond does not answer: look at the monitors.");
    }
  });
  return {
    open(console_) {
      app = console_;
      if (!dialog.isConnected)
        document.body.append(dialog);
      show(refusal, false);
      if (!dialog.open)
        dialog.showModal();
    },
    close() {
      if (dialog.open)
        dialog.close();
    },
  };
}

export const login = make();
