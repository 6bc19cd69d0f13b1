// For the pages that mailed links open. The token is after the #, which browsers do not send to the
// server: this script copies it into the form. Without the script, people paste the link.
const field = document.getElementById("token");

function fill() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  const isRefused = field.hasAttribute("aria-invalid");
  if (token && !isRefused) field.value = token;
  document.getElementById("token-field").hidden = Boolean(field.value) && !isRefused;
  document.getElementById("missing").hidden = Boolean(field.value) || isRefused;
}

if (field) {
  fill();
  addEventListener("hashchange", fill); // the link was opened again, in the same tab
}
