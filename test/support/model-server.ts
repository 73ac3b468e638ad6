/** A server that speaks OpenAI's chat API over real sockets. What it does, the model's name says. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface AskedModel {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly authorization: string | undefined;
  readonly stream: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
}

export interface ModelServer extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly AskedModel[];
  /** Requests that the other side ended before they were answered. */
  readonly aborted: readonly string[];
}

/** Between the words of a slow model. Milliseconds. */
const WORD_MS = 40;

const chunk = (model: string, delta: object, finish: string | null = null): string => `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", model, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const usage = (model: string): string => `data: ${JSON.stringify({ id: "c1", model, choices: [], usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 } })}\n\n`;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const part of request) body += String(part);
  return body;
}

function refuse(response: ServerResponse, status: number, message: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify({ error: { message, type: "test" } }));
}

/** Starts one on a free port. It answers every question with its last message, word by word. */
export async function startModelServer(): Promise<ModelServer> {
  const asked: AskedModel[] = [];
  const aborted: string[] = [];

  function answer({ model, messages, authorization }: AskedModel, response: ServerResponse): void {
    const words = (messages.at(-1)?.content ?? "").match(/\S+\s*/g) ?? [];
    const times = asked.filter((each) => each.model === model).length;
    response.once("close", () => void (response.writableFinished || aborted.push(model)));
    if (model === "locked") return refuse(response, 401, `Incorrect API key provided: ${authorization?.slice(7)}.`);
    if (model === "unknown") return refuse(response, 404, "The model `unknown` does not exist");
    if (model === "busy" && times <= 2) return refuse(response, times === 1 ? 429 : 503, "Overloaded", { "retry-after": "0" });
    if (model === "whole") return void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ model, choices: [{ message: { role: "assistant", content: words.join("") }, finish_reason: "stop" }], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } }));
    if (model === "dropped" && times === 1) return void response.destroy();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk(model, { role: "assistant", content: "" }));
    if (model === "silent" || (model === "stalls-first" && times === 1)) return;
    if (model === "trouble") return void response.end(`data: ${JSON.stringify({ error: { message: "out of memory" } })}\n\n`);
    if (model === "thinker") response.write(chunk(model, { reasoning_content: "Let me see." }));
    const [first = "", ...rest] = words;
    response.write(chunk(model, { content: first }));
    if (model === "endless") return;
    if (model === "breaks") return void response.end();
    if (model === "slow") return slowly(rest);
    for (const word of rest) {
      const text = chunk(model, { content: word });
      // Cut where no line ends, as networks do.
      response.write(text.slice(0, 20));
      response.write(text.slice(20));
    }
    finish();

    function slowly([word, ...more]: readonly string[]): void {
      if (word === undefined) return finish();
      response.write(chunk(model, { content: word }));
      setTimeout(() => slowly(more), WORD_MS);
    }
    function finish(): void {
      response.write(chunk(model, {}, "stop"));
      response.write(usage(model));
      response.end(model === "no-done" ? "" : "data: [DONE]\n\n");
    }
  }

  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    if (request.method !== "POST" || request.url !== "/v1/chat/completions") return refuse(response, 404, "No such route");
    const question = { ...(JSON.parse(body) as AskedModel), authorization: request.headers.authorization };
    asked.push(question);
    answer(question, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    aborted,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
