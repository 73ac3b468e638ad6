/**
 * A WebSocket class and a fetch whose connections can be cut from outside, as a bad network would, and which count what comes over
 * them: the client knows nothing of it.
 */

/** @returns {{ WebSocket: typeof globalThis.WebSocket, fetch: typeof globalThis.fetch, cut: () => void, bytes: number, open: number }} */
export function cuttable() {
  const open = new Set();
  const wires = { bytes: 0, get open() { return open.size; }, cut: () => [...open].forEach((one) => one()) };

  wires.WebSocket = class CuttableWebSocket extends WebSocket {
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
      this.addEventListener("message", ({ data }) => void (wires.bytes += sizeOf(data)));
    }
  };

  wires.fetch = async (input, init = {}) => {
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
    const response = await fetch(input, { ...init, signal: controller.signal });
    if (!response.body) return response;
    const counted = new TransformStream({ transform(chunk, to) {
      wires.bytes += chunk.byteLength;
      to.enqueue(chunk);
    } });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(counted), { status, statusText, headers });
  };
  return wires;
}

const encoder = new TextEncoder();

/** How many bytes came. */
function sizeOf(data) {
  return typeof data === "string" ? encoder.encode(data).length : (data.byteLength ?? data.size ?? 0);
}
