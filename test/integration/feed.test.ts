/** The reading side over a real nats-server. */
import { afterAll } from "bun:test";
import { openStore } from "../support/broker.ts";
import { startNats } from "../support/nats.ts";
import { feedSuite } from "../suites/feed.ts";

const shared = await startNats();
afterAll(() => shared[Symbol.asyncDispose]());

feedSuite("JetStream on one server", async () => {
  const { store, environment } = await openStore(shared);
  return { store, environment, close: () => store.close() };
});
