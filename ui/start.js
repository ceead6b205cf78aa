import init from "/aitta.js";

await init({ module_or_path: "/aitta_bg.wasm" });
