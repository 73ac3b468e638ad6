/** What lies between a wire and its consumer: bounded, handed over in order, ended once. */

export interface Bounds {
  /** Items and their sizes together at which the queue counts as full. It takes what comes nevertheless: the wire has to stop. */
  readonly items: number;
  readonly size: number;
}

export interface Queue<T> {
  push(item: T, size: number): void;
  readonly full: boolean;
  /** Resolves when the consumer has done with what is there; null while the queue is not full. */
  room(): Promise<void> | null;
  /**
   * All that is there, waiting for the first; null at the end. Rejects with the error that ended it, after the rest was taken.
   * What was taken counts as waiting until the next call: only then has the consumer done with it.
   */
  take(): Promise<readonly T[] | null>;
  /** Nothing more will come. `discard`: nor is anybody left who would take the rest. */
  end(error?: unknown, discard?: boolean): void;
}

/** An empty queue. `onRoom` is called when a full one was emptied. */
export function createQueue<T>(bounds: Bounds, onRoom: () => void): Queue<T> {
  let items: T[] = [];
  let size = 0;
  /** What the consumer has taken and not yet done with. */
  let taken = { items: 0, size: 0 };
  let ended = false;
  let failure: unknown;
  let wakeTaker: (() => void) | null = null;
  let waiting: Promise<void> | null = null;
  let wakeWaiting: (() => void) | null = null;

  const isFull = (): boolean => items.length + taken.items >= bounds.items || size + taken.size >= bounds.size;
  const release = (): void => {
    wakeWaiting?.();
    waiting = wakeWaiting = null;
  };

  return {
    push(item, itemSize) {
      if (ended) return;
      items.push(item);
      size += itemSize;
      wakeTaker?.();
      wakeTaker = null;
    },
    get full() {
      return isFull();
    },
    room() {
      if (ended || !isFull()) return null;
      waiting ??= new Promise((resolve) => (wakeWaiting = resolve));
      return waiting;
    },
    async take() {
      const wasFull = isFull();
      taken = { items: 0, size: 0 };
      if (wasFull && !isFull()) {
        release();
        if (!ended) onRoom();
      }
      while (items.length === 0) {
        if (ended && failure !== undefined) throw failure;
        if (ended) return null;
        await new Promise<void>((resolve) => (wakeTaker = resolve));
      }
      const all = items;
      taken = { items: all.length, size };
      items = [];
      size = 0;
      return all;
    },
    end(error, discard = false) {
      if (discard) items = [];
      if (ended) return;
      ended = true;
      failure = error;
      wakeTaker?.();
      wakeTaker = null;
      release();
    },
  };
}

/** What is handed out: a queue, and the connection that fills it. */
export interface Source<Item> {
  readonly queue: Queue<Item>;
  readonly connection: { input(input: { readonly kind: "start" | "stop" }): void };
}

/**
 * Hands out item by item until the queue has ended; throws what ended it. The source is opened when somebody asks for the first item
 * (null: there is nothing), and its connection stopped when nobody asks any more.
 */
export async function* handOut<Item>(signal: AbortSignal | undefined, open: () => Source<Item> | null): AsyncGenerator<Item, void, undefined> {
  if (signal?.aborted) return;
  const source = open();
  if (source === null) return;
  const { queue, connection } = source;
  const abort = (): void => {
    queue.end(undefined, true);
    connection.input({ kind: "stop" });
  };
  signal?.addEventListener("abort", abort);
  try {
    connection.input({ kind: "start" });
    for (let items = await queue.take(); items; items = await queue.take()) {
      for (const item of items) {
        if (signal?.aborted) return;
        yield item;
      }
    }
  } finally {
    signal?.removeEventListener("abort", abort);
    connection.input({ kind: "stop" });
  }
}
