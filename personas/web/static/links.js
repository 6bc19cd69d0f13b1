// The pages that mailed links lead to. The token is after the #, which no server sees: it is put
// into the form here. Without a script, a person pastes the link.
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
