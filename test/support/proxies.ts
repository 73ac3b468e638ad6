/** Real proxies, each run from the very file in `deploy/proxies/`, with nothing changed but addresses, folders and (shortened) times. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./nats.ts";
import { until } from "./until.ts";

const FILES = join(import.meta.dir, "../../deploy/proxies");

/** How long a proxy may take until it passes something on, and until it has ended. Milliseconds. */
const READY_LIMIT_MS = 15_000;
const STOP_LIMIT_MS = 5_000;

export interface RunningProxy extends AsyncDisposable {
  readonly url: string;
  /** Its address with TLS, and the certificate's own text to trust it by; null where it was started without. */
  readonly secure: { readonly url: string; readonly ca: string; readonly file: string } | null;
  /** Makes it read its configuration again, as an operator does after a change. */
  reload(): Promise<void>;
  output(): string;
}

export interface StartOptions {
  readonly shortened?: boolean;
  /** The file's lines for TLS are taken in, with a certificate of its own. */
  readonly tls?: boolean;
}

export interface RealProxy {
  readonly name: string;
  /** Why it cannot be run here; null where it can. */
  readonly missing: string | null;
  /** It cuts who is silent for longer than it waits; one that waits for ever has nothing to outlive. */
  readonly impatient: boolean;
  /** Starts it before two ports of the loopback address. `shortened`, the default: it waits a second where its file says a minute or half of one. */
  start(ports: readonly [number, number], options?: StartOptions): Promise<RunningProxy>;
}

/** What one kind of proxy needs. */
interface Kind {
  readonly name: string;
  readonly program: string;
  readonly impatient: boolean;
  readonly files: readonly string[];
  /** The text of a file for a test: `folder` is the proxy's own, `admin` a free port. */
  readonly adapt: (text: string, place: Place) => string;
  readonly shorten: (text: string) => string;
  /** The file with its lines for TLS: certificate and key are `cert.pem` and `key.pem` in the folder, both are in `tls/both.pem`. */
  readonly encrypt: (text: string, place: Place) => string;
  readonly command: (place: Place) => readonly string[];
  readonly reload: (child: ChildProcess, place: Place) => Promise<void> | void;
}

interface Place {
  readonly folder: string;
  readonly port: number;
  readonly secure: number;
  readonly admin: number;
}

const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** Replaces what must be there, so that a file that was changed cannot pass by without being tested as it is. */
function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`the proxy's file has no ${JSON.stringify(from)} any more: its test must be told`);
  return text.replaceAll(from, to);
}

function run(command: string, args: readonly string[], folder: string): ChildProcess {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], cwd: folder, env: { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder } });
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

const NGINX: Kind = {
  name: "nginx",
  program: "nginx",
  impatient: true,
  files: ["nginx.conf"],
  adapt(text, { folder, port }) {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
    return replaced(replaced(text, "listen 8080 ", `listen 127.0.0.1:${port} `), "\nhttp {", `\nhttp { ${temporary}`);
  },
  shorten: (text) => replaced(replaced(text, " 60s;", " 1s;"), "worker_shutdown_timeout 30s", "worker_shutdown_timeout 1s"),
  encrypt(text, { folder, secure }) {
    const listening = replaced(text, "# listen 443 ssl;", `listen 127.0.0.1:${secure} ssl;`);
    return replaced(replaced(listening, "# ssl_certificate     /etc/nginx/tls/fullchain.pem;", `ssl_certificate ${folder}/cert.pem;`), "# ssl_certificate_key /etc/nginx/tls/privkey.pem;", `ssl_certificate_key ${folder}/key.pem;`);
  },
  command: ({ folder }) => ["-c", join(folder, "nginx.conf"), "-e", "stderr", "-g", `daemon off; pid ${join(folder, "pid")};`],
  reload: (child) => void child.kill("SIGHUP"),
};

const HAPROXY: Kind = {
  name: "HAProxy",
  program: "haproxy",
  impatient: true,
  files: ["haproxy.cfg"],
  adapt: (text, { port }) => replaced(text, "bind :8080", `bind 127.0.0.1:${port}`),
  shorten: (text) => ["client", "server", "tunnel"].reduce((all, of) => replaced(all, `timeout ${of} 60s`, `timeout ${of} 1s`), replaced(text, "hard-stop-after 30s", "hard-stop-after 1s")),
  encrypt: (text, { folder, secure }) => replaced(text, "# bind :443 ssl crt /etc/haproxy/tls/ ", `bind 127.0.0.1:${secure} ssl crt ${folder}/tls/ `),
  // Master and worker, as its image and its package run it: that is what can be reloaded.
  command: ({ folder }) => ["-W", "-db", "-f", join(folder, "haproxy.cfg")],
  reload: (child) => void child.kill("SIGUSR2"),
};

const CADDY: Kind = {
  name: "Caddy",
  program: "caddy",
  impatient: false,
  files: ["Caddyfile"],
  adapt: (text, { port, admin }) => replaced(replaced(text, "\n:8080 {", `\nhttp://127.0.0.1:${port} {`), "localhost:2019", `127.0.0.1:${admin}`),
  shorten: (text) => replaced(text, "grace_period 30s", "grace_period 1s"),
  // A name in place of the port, as the file says; it would fetch a certificate for a name that the world knows. Then it listens there alone.
  encrypt: (text, { folder, port, secure }) => replaced(replaced(text, `\nhttp://127.0.0.1:${port} {`, `\nhttps://localhost:${secure} {\n\ttls ${folder}/cert.pem ${folder}/key.pem`), "grace_period", "auto_https disable_redirects\n\tgrace_period"),
  command: ({ folder }) => ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"],
  async reload(_child, { folder, admin }) {
    const reload = run("caddy", ["reload", "--force", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile", "--address", `127.0.0.1:${admin}`], folder);
    await until("Caddy has read its file again", READY_LIMIT_MS, () => reload.exitCode !== null);
    if (reload.exitCode !== 0) throw new Error(`caddy reload ended with code ${reload.exitCode}`);
  },
};

const TRAEFIK: Kind = {
  name: "Traefik",
  program: "traefik",
  impatient: false,
  files: ["traefik.yaml", "traefik-routes.yaml"],
  adapt: (text, { folder, port }) => text.replace('address: ":8080"', `address: "127.0.0.1:${port}"`).replace("/etc/traefik/", `${folder}/`),
  shorten: (text) => text,
  encrypt: (text, { secure }) => text.replace("providers:", `  websecure: { address: "127.0.0.1:${secure}", http: { tls: {} } }\nproviders:`).replace("entryPoints: [web]", "entryPoints: [web, websecure]"),
  command: ({ folder }) => [`--configFile=${join(folder, "traefik.yaml")}`],
  // It watches its routes: writing them again is all that an operator does.
  reload: (_child, { folder }) => writeFileSync(join(folder, "traefik-routes.yaml"), `${readFileSync(join(folder, "traefik-routes.yaml"), "utf8")}\n# changed\n`),
};

const WHY_NOT: Readonly<Record<string, string>> = {
  Traefik: "it is in none of Debian's packages and its Go module cannot be installed by itself (it replaces modules it depends on)",
};

/** A certificate for `localhost` that nobody but a test trusts; answers its text. Throws where there is no openssl. */
function makeCertificate(folder: string): string {
  const [certificate, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const made = Bun.spawnSync(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate]);
  if (made.exitCode !== 0) throw new Error(`openssl made no certificate: ${made.stderr}`);
  const text = readFileSync(certificate, "utf8");
  mkdirSync(join(folder, "tls"));
  writeFileSync(join(folder, "tls/both.pem"), `${text}${readFileSync(key, "utf8")}`);
  return text;
}

async function start(kind: Kind, [first, second]: readonly [number, number], { shortened = true, tls = false }: StartOptions): Promise<RunningProxy> {
  const place: Place = { folder: mkdtempSync(join(tmpdir(), `taskwire-${kind.program}-`)), port: await freePort(), secure: await freePort(), admin: await freePort() };
  // nginx' workers are another user.
  chmodSync(place.folder, 0o755);
  const ca = tls ? makeCertificate(place.folder) : null;
  for (const file of kind.files) {
    const adapted = kind.adapt(readFileSync(join(FILES, file), "utf8"), place);
    const text = tls ? kind.encrypt(adapted, place) : adapted;
    writeFileSync(join(place.folder, file), (shortened ? kind.shorten(text) : text).replaceAll("taskwire-1:8080", `127.0.0.1:${first}`).replaceAll("taskwire-2:8080", `127.0.0.1:${second}`));
  }
  const child = run(kind.program, kind.command(place), place.folder);
  let printed = "";
  child.stdout?.on("data", (chunk) => (printed += chunk));
  child.stderr?.on("data", (chunk) => (printed += chunk));
  const url = `http://127.0.0.1:${place.port}`;
  const secure = `https://localhost:${place.secure}`;
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      const limit = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
      await new Promise((resolve) => child.once("close", resolve));
      clearTimeout(limit);
    }
    rmSync(place.folder, { recursive: true, force: true });
  };
  try {
    await until(`${kind.name} passes something on`, READY_LIMIT_MS, async () => {
      if (child.exitCode !== null) throw new Error(`${kind.name} ended with code ${child.exitCode}:\n${printed}`);
      return (await fetch(`${ca === null ? url : secure}/healthz`, ca === null ? {} : { tls: { ca } }).catch(() => null))?.ok;
    });
  } catch (error) {
    await end();
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${printed}`);
  }
  return { url, secure: ca === null ? null : { url: secure, ca, file: join(place.folder, "cert.pem") }, reload: async () => void (await kind.reload(child, place)), output: () => printed, [Symbol.asyncDispose]: end };
}

/** Every proxy that `deploy/proxies/` has a file for, whether it can be run here or not. */
export const PROXIES: readonly RealProxy[] = [NGINX, HAPROXY, CADDY, TRAEFIK].map((kind) => ({
  name: kind.name,
  missing: Bun.which(kind.program) === null ? `no ${kind.program} on this machine: ${WHY_NOT[kind.name] ?? `apt-get install ${kind.program} gives it`}` : null,
  impatient: kind.impatient,
  start: (ports, options = {}) => start(kind, ports, options),
}));
