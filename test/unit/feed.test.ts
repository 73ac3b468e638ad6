/** The reading side over the memory log, and its parts by themselves. */
import { createMemoryStore } from "../../src/log/memory.ts";
import { realEnvironment } from "../support/environment.ts";
import { feedSuite } from "../suites/feed.ts";

feedSuite("memory", async () => {
  const environment = realEnvironment();
  const store = createMemoryStore({ environment });
  return { store, environment, close: () => store.close() };
});
