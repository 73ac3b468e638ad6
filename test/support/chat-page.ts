/**
 * Chat clients in a browser, as the apps of the chat have them: the browser's own WebSocket, JSON in text frames, written from the protocol
 * alone. A tab is a page of its own; each keeps what came, and when.
 */
import type { Browser, Page } from "@playwright/test";
import { until } from "./until.ts";

const LIMIT_MS = 20_000;

export interface ChatFrame {
  readonly type: string;
  readonly [field: string]: unknown;
}

interface InPage {
  socket: WebSocket;
  frames: { readonly at: number; readonly text: string }[];
  opened: boolean;
  closed: { readonly code: number; readonly reason: string } | null;
}

declare const chat: InPage;

export class ChatTab {
  readonly #page: Page;
  #seen = 0;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Connects anew; what came before is forgotten. */
  async connect(query = ""): Promise<this> {
    await this.#page.evaluate((search) => {
      const own = { frames: [], opened: false, closed: null } as unknown as InPage;
      own.socket = new WebSocket(`${location.origin.replace("http", "ws")}/ws/chat${search}`);
      own.socket.onopen = () => void (own.opened = true);
      own.socket.onmessage = ({ data }) => void own.frames.push({ at: performance.now(), text: typeof data === "string" ? data : "binary" });
      own.socket.onclose = ({ code, reason }) => void (own.closed = { code, reason });
      (globalThis as unknown as { chat: InPage }).chat = own;
    }, query);
    this.#seen = 0;
    await until("the socket is open or closed", LIMIT_MS, () => this.#page.evaluate(() => chat.opened || chat.closed !== null));
    return this;
  }

  async send(frame: object | string): Promise<void> {
    await this.#page.evaluate((text) => chat.socket.send(text), typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  sendBinary(): Promise<void> {
    return this.#page.evaluate(() => chat.socket.send(new Uint8Array([1, 2, 3])));
  }

  sendLong(length: number): Promise<void> {
    return this.#page.evaluate((count) => chat.socket.send("x".repeat(count)), length);
  }

  close(): Promise<void> {
    return this.#page.evaluate(() => chat.socket.close());
  }

  /** Every frame so far, and when it came. Milliseconds. */
  async timed(): Promise<readonly { readonly at: number; readonly frame: ChatFrame }[]> {
    const all = await this.#page.evaluate(() => chat.frames);
    return all.map(({ at, text }) => ({ at, frame: JSON.parse(text) as ChatFrame }));
  }

  /** The frames behind the last that was asked for, up to the first of one of these types. */
  async next(...types: readonly string[]): Promise<readonly ChatFrame[]> {
    return until(`a frame of ${types.join(" or ")} comes`, LIMIT_MS, async () => {
      const frames = (await this.timed()).slice(this.#seen).map(({ frame }) => frame);
      const at = frames.findIndex(({ type }) => types.includes(type));
      if (at === -1) return null;
      this.#seen += at + 1;
      return frames.slice(0, at + 1);
    });
  }

  /** Says something, and waits for the end of the answer. */
  async ask(message: string, session: string | null = null): Promise<{ readonly frames: readonly ChatFrame[]; readonly end: ChatFrame }> {
    await this.send({ type: "message", message, session_id: session });
    const frames = await this.next("complete", "error");
    return { frames, end: frames.at(-1) as ChatFrame };
  }

  /** Signs in by a frame. */
  async signIn(token: string): Promise<ChatFrame> {
    await this.send({ type: "auth", token });
    return (await this.next("auth_success", "auth_error")).at(-1) as ChatFrame;
  }

  /** Its close, when it comes. */
  closed(): Promise<{ readonly code: number; readonly reason: string }> {
    return until("the socket is closed", LIMIT_MS, () => this.#page.evaluate(() => chat.closed));
  }

  get isOpen(): Promise<boolean> {
    return this.#page.evaluate(() => chat.socket.readyState === WebSocket.OPEN);
  }
}

/** A tab of the service's own origin. */
export async function openTab(browser: Browser, url: string): Promise<ChatTab> {
  const page = await browser.newPage();
  await page.goto(`${url}/ws/test`);
  return new ChatTab(page);
}
