/** The Swift client through the same cases as all others. */
import { clientTest } from "./suite.ts";

clientTest("swift");
