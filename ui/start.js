import init from "/aitta.js";

// A window has no pages to go back to, and loading it anew only loses what was typed. Text keeps its own menu.
window.addEventListener("contextmenu", (event) => {
  if (!event.target.closest?.("input, textarea, code, .selectable")) event.preventDefault();
});

await init({ module_or_path: "/aitta_bg.wasm" });
