import { freePort } from "../../support/free_port.ts";
import { processTree } from "./cpu.ts";

/** Files and addresses that every relay is started with. */
export interface BenchSite {
  readonly dir: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Certificate and key in one file, as HAProxy wants it. */
  readonly pemFile: string;
  readonly caFile: string;
  readonly csmsPort: number;
  readonly password: string;
  readonly stations: number;
}

/** A relay that runs. `pids` are all its processes. */
export interface Relay {
  readonly name: string;
  readonly port: number;
  /** A port that demands client certificates; undefined where this relay is not measured so. */
  readonly mutualPort?: number;
  pids(): number[];
  stop(): Promise<void>;
}

/** Starts HAProxy: TLS on both legs, looks at nothing. */
export async function startHaproxy(site: BenchSite): Promise<Relay> {
  const [port, mutualPort] = [freePort(), freePort()];
  const config = `global
  nbthread 1
  maxconn ${Math.max(9_000, site.stations + 200)}
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
listen relay
  bind 127.0.0.1:${port} ssl crt ${site.pemFile}
  server csms 127.0.0.1:${site.csmsPort} ssl verify required ca-file ${site.caFile}
listen mutual
  bind 127.0.0.1:${mutualPort} ssl crt ${site.pemFile} ca-file ${site.caFile} verify required
  server csms 127.0.0.1:${site.csmsPort} ssl verify required ca-file ${site.caFile}
`;
  const file = `${site.dir}/haproxy.cfg`;
  await Deno.writeTextFile(file, config);
  const process = spawn("haproxy", ["-db", "-f", file]);
  await listening(port);
  return { ...relay("haproxy", port, process), mutualPort };
}

/** Starts nginx with one worker: TLS on both legs, looks at nothing. */
export async function startNginx(site: BenchSite): Promise<Relay> {
  const port = freePort();
  const config = `daemon off;
worker_processes 1;
pid ${site.dir}/nginx.pid;
error_log ${site.dir}/nginx.log;
events { worker_connections 16384; }
http {
  access_log off;
  client_body_temp_path ${site.dir}/nginx-body;
  proxy_temp_path ${site.dir}/nginx-proxy;
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${site.certFile};
    ssl_certificate_key ${site.keyFile};
    ssl_protocols TLSv1.2 TLSv1.3;
    location / {
      proxy_pass https://127.0.0.1:${site.csmsPort};
      proxy_ssl_verify on;
      proxy_ssl_name localhost;
      proxy_ssl_trusted_certificate ${site.caFile};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_read_timeout 1h;
    }
  }
}
`;
  const file = `${site.dir}/nginx.conf`;
  await Deno.writeTextFile(file, config);
  const process = spawn("nginx", ["-p", site.dir, "-e", `${site.dir}/nginx.log`, "-c", file]);
  await listening(port);
  return relay("nginx", port, process);
}

/** Starts the relay on ocpp-rpc under Node; the package is installed into the bench's folder first. */
export async function startOcppRpc(site: BenchSite): Promise<Relay> {
  const home = `${site.dir}/ocpp-rpc`;
  await Deno.mkdir(home);
  const install = new Deno.Command("npm", {
    args: ["install", "--no-save", "--prefix", home, "ocpp-rpc@2.2.1"],
    stdout: "null",
  });
  if (!(await install.output()).success) throw new Error("npm install ocpp-rpc@2.2.1 failed");
  await Deno.copyFile(new URL("./relay_ocpp_rpc.mjs", import.meta.url), `${home}/relay.mjs`);
  const upstream = `wss://localhost:${site.csmsPort}/ocpp`;
  const process = spawn("node", [`${home}/relay.mjs`, site.certFile, site.keyFile, site.caFile, upstream], "piped");
  return relay("ocppRpc", Number(await readWord(process, "PORT")), process);
}

/** As the service unit starts it: small young generations, which hold most of what an idle station costs. */
export const V8_FLAGS: readonly string[] = ["--v8-flags=--max-semi-space-size=4"];

/** Starts the floor: what TLS and WebSocket frames cost in Deno, without any of Bulkhead's own work. */
export async function startFloor(site: BenchSite): Promise<Relay> {
  const script = new URL("./relay_floor.ts", import.meta.url).pathname;
  const files = [site.certFile, site.keyFile, site.caFile, String(site.csmsPort)];
  const process = spawn(Deno.execPath(), ["run", "-q", "-A", ...V8_FLAGS, script, ...files], "piped");
  return relay("floor", Number(await readWord(process, "PORT")), process);
}

/** Which Bulkhead to start; another checkout can be measured beside this one. */
export interface BulkheadChoice {
  readonly name: string;
  /** Path of its main.ts. */
  readonly main: string;
  readonly v8Flags: readonly string[];
  /** Seconds that a lost CSMS has to come back; that of the configuration when absent. */
  readonly graceSeconds?: number;
}

const THIS_BULKHEAD: BulkheadChoice = {
  name: "bulkhead",
  main: new URL("../../../main.ts", import.meta.url).pathname,
  v8Flags: V8_FLAGS,
};

/** Starts Bulkhead itself with all that a site has: validation, counters, audit, admission by password. */
export async function startBulkhead(site: BenchSite, choice: Partial<BulkheadChoice> = {}): Promise<Relay> {
  const { name, main, v8Flags, graceSeconds } = { ...THIS_BULKHEAD, ...choice };
  const dir = `${site.dir}/${name}`;
  const [port, consolePort] = [freePort(), freePort()];
  await Deno.mkdir(dir, { mode: 0o700 });
  await Deno.writeTextFile(`${dir}/password`, site.password, { mode: 0o600 });
  for (const file of [site.certFile, site.keyFile, site.caFile]) {
    await Deno.copyFile(file, `${dir}/${file.split("/").at(-1)}`);
  }
  const station = (n: number) =>
    `  - { id: CP${
      String(n).padStart(5, "0")
    }, ocpp: { protocols: [ocpp1.6], securityProfile: 2, passwordFile: password, csms: main } }`;
  const yaml = `version: 1
site: { id: bench, dataDir: ./data }
console: { listen: "127.0.0.1:${consolePort}", hostname: localhost }
ocpp:
  listeners:
    - { listen: "127.0.0.1:${port}", tls: { clientCaFile: ca.pem, identities: [{ certFile: server.pem, keyFile: server.key }] } }
  csms:
    - { id: main, url: "wss://localhost:${site.csmsPort}/ocpp", caFile: ca.pem${
    graceSeconds === undefined ? "" : `, graceSeconds: ${graceSeconds}`
  } }
stations:
${Array.from({ length: site.stations }, (_, n) => station(n)).join("\n")}
`;
  await Deno.writeTextFile(`${dir}/site.yaml`, yaml);
  const flags = ["--no-prompt", "--allow-net", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"];
  const args = [
    "run",
    "-q",
    ...v8Flags,
    ...flags,
    main,
    "run",
    "--log-level",
    "error",
    "--config",
    `${dir}/site.yaml`,
  ];
  const process = spawn(Deno.execPath(), args, "piped");
  await readWord(process, "READY");
  return { ...relay(name, port, process), mutualPort: port };
}

function relay(name: string, port: number, process: Deno.ChildProcess): Relay {
  return {
    name,
    port,
    pids: () => processTree(process.pid),
    stop: async () => {
      try {
        process.kill("SIGTERM");
      } catch (error) {
        // It ended by itself: what the bench failed with says more than that.
        if (!(error instanceof TypeError)) throw error;
        const { code, signal } = await process.status;
        Deno.stderr.writeSync(new TextEncoder().encode(`the relay ${name} ended by itself: ${signal ?? code}\n`));
      }
      await process.status;
    },
  };
}

function spawn(command: string, args: readonly string[], stdout: "null" | "piped" = "null"): Deno.ChildProcess {
  return new Deno.Command(command, { args: [...args], stdin: "null", stdout, stderr: "inherit" }).spawn();
}

/** Reads lines until one starts with `word`, gives the rest of it, and drains what follows. */
export async function readWord(process: Deno.ChildProcess, word: string): Promise<string> {
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The process ended before it said ${word}: ${text}`);
    text += value;
    const line = text.split("\n").slice(0, -1).find((found) => found.startsWith(`${word} `));
    if (line === undefined) continue;
    void drain(reader);
    return line.slice(word.length + 1);
  }
}

async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  for (let done = false; !done;) done = (await reader.read()).done;
}

/** Waits until something listens on a port of this box. */
export async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error(`Nothing listens on port ${port}`);
}
