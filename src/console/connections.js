/**
 * A WebSocket class and a fetch whose connections can be cut from outside, as a bad network would: the client under test
 * knows nothing of it.
 */

/** @returns {{ WebSocket: typeof globalThis.WebSocket, fetch: typeof globalThis.fetch, cut: () => void }} */
export function cuttable() {
  const open = new Set();
  class CuttableWebSocket extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols);
      const cut = () => {
        open.delete(cut);
        // As if the network had gone: the client hears of it at once, without a code that would mean something.
        const { onclose } = this;
        this.close();
        onclose?.call(this, new CloseEvent("close", { code: 1006 }));
      };
      open.add(cut);
      this.addEventListener("close", () => open.delete(cut));
    }
  }
  const cuttableFetch = (input, init = {}) => {
    const controller = new AbortController();
    const cut = () => {
      open.delete(cut);
      controller.abort(new TypeError("cut"));
    };
    open.add(cut);
    init.signal?.addEventListener("abort", () => {
      open.delete(cut);
      controller.abort(init.signal.reason);
    });
    return fetch(input, { ...init, signal: controller.signal });
  };
  return {
    WebSocket: CuttableWebSocket,
    fetch: cuttableFetch,
    cut() {
      for (const one of [...open]) one();
    },
  };
}
