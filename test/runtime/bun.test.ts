import { runtimeSuite } from "../suites/runtime.ts";

runtimeSuite({ runtime: "bun", silentCode: 4402 });
