// Draws /openapi.json on /docs, in the colours that the browser prefers.
const dark = matchMedia("(prefers-color-scheme: dark)");
const followColours = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
followColours();
dark.addEventListener("change", followColours);

SwaggerUIBundle({
  url: "openapi.json", // relative, so that it also works below a prefix
  dom_id: "#docs",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  validatorUrl: null, // nothing leaves this host
});
