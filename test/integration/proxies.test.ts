/** The files of `deploy/proxies/`, each in the proxy it is for, before two instances of the service. */
import { PROXIES } from "../support/proxies.ts";
import { proxySuite } from "../suites/proxy.ts";

for (const proxy of PROXIES) proxySuite(proxy);
