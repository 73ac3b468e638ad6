/** The service as it is started by its users, on a real nats-server: its HTTP interface, and its WebSocket refusals. */
import { brokerUrl } from "../support/broker-url.ts";
import { startNats } from "../support/nats.ts";
import { startService } from "../support/service.ts";
import { ISSUER_SETTINGS } from "../support/token.ts";
import { httpSuite, type Started } from "../suites/http.ts";
import { httpSocketSuite, SOCKET_SETTINGS } from "../suites/http-sockets.ts";

/** A service and a broker of its own, released together. */
async function start(runtime: "bun" | "deno", env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const nats = await startNats();
  const service = await startService({ runtime, env: { ...ISSUER_SETTINGS, NATS_URL: brokerUrl(nats), TASKWIRE_LOG_LEVEL: "debug", ...env } });
  return {
    url: service.url,
    output: service.output,
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await nats[Symbol.asyncDispose]();
    },
  };
}

httpSuite("Bun", () => start("bun"));
httpSocketSuite("Bun", () => start("bun", SOCKET_SETTINGS));
httpSuite("Deno", () => start("deno"));
httpSocketSuite("Deno", () => start("deno", SOCKET_SETTINGS));
