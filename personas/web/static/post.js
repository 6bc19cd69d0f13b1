// What our pages send: JSON to the API beside them; a problem comes back as one text.
const AWAY = "The service cannot be reached. Try again.";

export async function post(path, body) {
  try {
    const answer = await fetch(`api/v1/auth/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.ok) return { status: answer.status };
    const problem = await answer.json();
    const errors = Object.values(problem.errors ?? {}).flat();
    return { status: answer.status, problem: errors.join(" ") || problem.detail || AWAY };
  } catch {
    return { status: 0, problem: AWAY }; // no network, or not JSON: a proxy has answered
  }
}
