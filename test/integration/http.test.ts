/** The service as it is started by its users, on a real nats-server: its HTTP interface. */
import { startNats } from "../support/nats.ts";
import { startService } from "../support/service.ts";
import { ISSUER_SETTINGS } from "../support/token.ts";
import { httpSuite } from "../suites/http.ts";

httpSuite("Bun and nats-server", async () => {
  const nats = await startNats();
  const broker = new URL(nats.url);
  if (nats.credentials) [broker.username, broker.password] = [nats.credentials.user, nats.credentials.password];
  const service = await startService({ env: { ...ISSUER_SETTINGS, NATS_URL: broker.href, TASKWIRE_LOG_LEVEL: "debug" } });
  return {
    url: service.url,
    output: service.output,
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await nats[Symbol.asyncDispose]();
    },
  };
});
