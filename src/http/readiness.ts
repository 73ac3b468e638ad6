/** What /readyz answers: each thing that must be there, and how it is. */
import type { Clock } from "../domain/environment.ts";
import type { Connections } from "../delivery/connections.ts";
import type { Store } from "../log/port.ts";
import type { Check } from "./deps.ts";

/** How long the log may take to answer and still count as there. Milliseconds. */
const ANSWER_MS = 1_000;

export interface ReadinessDeps {
  readonly store: Pick<Store, "ping" | "log">;
  readonly connections: Pick<Connections, "stats">;
  readonly clock: Clock;
}

/** Makes the question. It never throws, and answers within a second or so. */
export function createReadiness({ store, connections, clock }: ReadinessDeps): () => Promise<readonly Check[]> {
  const log = async (): Promise<Check> => {
    if (!store.log.connected) return { name: "log", ok: false, detail: "the connection to the broker is lost; it is being made anew" };
    let cancel = (): void => {};
    const late = new Promise<null>((resolve) => (cancel = clock.after(ANSWER_MS, () => resolve(null))));
    const took = await Promise.race([store.ping().catch(() => null), late]);
    cancel();
    return took === null ? { name: "log", ok: false, detail: "the broker does not answer" } : { name: "log", ok: true, detail: `answers within ${Math.ceil(took)} ms` };
  };
  return async () => {
    const { draining } = connections.stats();
    return [await log(), { name: "serving", ok: !draining, detail: draining ? "the service is stopping" : "takes connections" }];
  };
}
