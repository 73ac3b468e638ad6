/** Which transports have worked: remembered while the client lives, and by a browser's tab, so that a page does not try anew what its network forbids. */
import type { TransportName } from "./machine.ts";

export interface Memory {
  proven: readonly TransportName[];
}

/** A memory for the service at this address. Where there is no tab, or it may store nothing, it lasts as long as the client. */
export function tabMemory({ host }: URL): Memory {
  const key = `taskwire ${host}`;
  const tab = (): { getItem(key: string): string | null; setItem(key: string, value: string): void } => (globalThis as never as { sessionStorage: never }).sessionStorage;
  let proven: readonly TransportName[] = [];
  try {
    proven = (tab().getItem(key)?.split(" ") ?? []) as TransportName[];
  } catch {}
  return {
    get proven() {
      return proven;
    },
    set proven(names) {
      if (names === proven) return;
      proven = names;
      try {
        tab().setItem(key, names.join(" "));
      } catch {}
    },
  };
}
