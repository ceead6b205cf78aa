// The bridge that Tauri puts into its window; the same that its own npm package builds on.
const internals = () => window.__TAURI_INTERNALS__;

// What is refused before the app's own command runs is told in words, not as an object.
const told = (error) =>
  typeof error === "object" && error !== null && !(error instanceof Error) ? JSON.stringify(error) : String(error);

async function invoke(command, args) {
  try {
    return await internals().invoke(command, args);
  } catch (error) {
    throw told(error);
  }
}

export async function ask(command, args) {
  return JSON.stringify((await invoke(command, JSON.parse(args))) ?? null);
}

export async function follow(command, args, onMessage) {
  const progress = channel((message) => onMessage(JSON.stringify(message)));
  return JSON.stringify((await invoke(command, { ...JSON.parse(args), progress })) ?? null);
}

export async function save(command, name, bytes) {
  return invoke(command, { name, bytes: Array.from(bytes) });
}

// Messages may overtake each other on their way; they carry their place.
function channel(onMessage) {
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
