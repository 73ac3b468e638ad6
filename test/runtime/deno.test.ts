import { runtimeSuite } from "../suites/runtime.ts";

// Deno has no ping to call: it finds dead peers by itself, and closes them with a code of its own.
runtimeSuite({ runtime: "deno", silentCode: 1001 });
