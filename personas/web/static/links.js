// The two pages that mailed links lead to. The token stands after the #, which no server sees.
import { post } from "./post.js";

const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
const said = document.getElementById("said");

async function confirm() {
  const answer = await post("verify-email", { token });
  document.getElementById("login").hidden = answer.status !== 401;
  said.textContent = answer.problem ?? "Your e-mail address is confirmed.";
  if (answer.status === 401) said.textContent = "";
}

async function logIn(event) {
  event.preventDefault();
  const answer = await post("login", Object.fromEntries(new FormData(event.target)));
  if (answer.problem) said.textContent = answer.problem;
  else await confirm();
}

async function reset(event) {
  event.preventDefault();
  const answer = await post("reset-password", { token, ...Object.fromEntries(new FormData(event.target)) });
  event.target.hidden = !answer.problem;
  said.textContent = answer.problem ?? "Your new password is set. Log in with it.";
}

document.getElementById("reset")?.addEventListener("submit", reset);
const login = document.getElementById("login");
if (login) {
  login.addEventListener("submit", logIn);
  confirm();
}
