/** Every client through the same cases. Those whose drivers take long to build have files of their own, so that they run beside this one. */
import { describe } from "bun:test";
import { CLIENTS } from "./drivers.ts";
import { clientTest } from "./suite.ts";

describe("conformance", () => {
  for (const name of CLIENTS) if (name !== "swift") clientTest(name);
});
