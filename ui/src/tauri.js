// The bridge that Tauri puts into its window; the same that its own npm package builds on.
const internals = () => window.__TAURI_INTERNALS__;

export function invoke(command, args) {
  return internals().invoke(command, args);
}

// Messages may overtake each other on their way; they carry their place.
export function channel(onMessage) {
  let next = 0;
  const early = new Map();
  const id = internals().transformCallback(({ index, message, end }) => {
    if (end) return;
    early.set(index, message);
    while (early.has(next)) {
      const due = early.get(next);
      early.delete(next);
      next += 1;
      onMessage(due);
    }
  });
  return `__CHANNEL__:${id}`;
}
