/** Moments at which a browser's connection may have died unnoticed, or can be made again: shown, restored, back online. */
interface EventSourceLike {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/** Calls `wake` at such moments, where the surroundings tell of them; the answer ends it. */
export function onWake(wake: () => void): () => void {
  const { document, addEventListener, removeEventListener } = globalThis as { document?: EventSourceLike & { visibilityState?: string } } & Partial<EventSourceLike>;
  if (!document || !addEventListener || !removeEventListener) return () => {};
  const shown = (): void => {
    if (document.visibilityState !== "hidden") wake();
  };
  document.addEventListener("visibilitychange", shown);
  addEventListener("pageshow", wake);
  addEventListener("online", wake);
  return () => {
    document.removeEventListener("visibilitychange", shown);
    removeEventListener("pageshow", wake);
    removeEventListener("online", wake);
  };
}
