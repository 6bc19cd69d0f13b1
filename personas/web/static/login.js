// The login page. The session comes as a cookie, which no script can read.
import { post } from "./post.js";

async function logIn(event) {
  event.preventDefault();
  const answer = await post("login", Object.fromEntries(new FormData(event.target)));
  if (answer.problem) document.getElementById("said").textContent = answer.problem;
  else location.replace("me");
}

document.getElementById("login").addEventListener("submit", logIn);
