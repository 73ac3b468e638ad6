/** What a page under test runs: the client, driven from outside by `follow(id, options)` and looked at by `seen(id)`. */
import { createFollower, type TransportName } from "../../clients/typescript/src/follower.ts";

interface Seen {
  readonly seqs: number[];
  readonly states: string[];
  transport: string | null;
  ended: boolean;
  error: string | null;
}

export interface PageFollow {
  readonly token: string;
  readonly transport?: TransportName;
}

const all = new Map<string, Seen>();
const { origin } = globalThis.location;

Object.assign(globalThis, {
  follow(ids: readonly string[], { token, transport }: PageFollow): void {
    const follower = createFollower({ url: origin, token, ...(transport === undefined ? {} : { transport }) });
    for (const id of ids) void run(follower, id);
  },
  /** All of them over one connection. */
  followMany(ids: readonly string[], { token, transport }: PageFollow): void {
    const follower = createFollower({ url: origin, token, ...(transport === undefined ? {} : { transport }) });
    const seen = begin("many");
    void (async () => {
      for await (const { task_id, seq } of follower.followMany(ids, { onState: noteState(seen) })) (all.get(task_id) ?? begin(task_id)).seqs.push(seq);
      seen.ended = true;
    })();
  },
  seen: (id: string) => all.get(id) ?? null,
});

function begin(id: string): Seen {
  const seen: Seen = { seqs: [], states: [], transport: null, ended: false, error: null };
  all.set(id, seen);
  return seen;
}

function noteState(seen: Seen): (state: { readonly phase: string; readonly transport: string | null }) => void {
  return ({ phase, transport }) => {
    const state = `${phase} ${transport}`;
    if (seen.states.at(-1) !== state) seen.states.push(state);
    if (phase === "live") seen.transport = transport;
  };
}

async function run(follower: ReturnType<typeof createFollower>, id: string): Promise<void> {
  const seen = begin(id);
  try {
    for await (const { seq } of follower.follow(id, { onState: noteState(seen) })) seen.seqs.push(seq);
    seen.ended = true;
  } catch (error) {
    seen.error = (error as { code?: string }).code ?? String(error);
  }
}
