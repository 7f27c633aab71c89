import { stringify } from "yaml";
import { START_FLAGS } from "../../support/run_gateway.ts";
import { roleExtension } from "../../support/modbus_site.ts";
import type { TestCa } from "../../support/test_ca.ts";
import { processTree } from "../ocpp/cpu.ts";
import { freePort } from "../../support/free_port.ts";
import { listening, readWord } from "../ocpp/relays.ts";

/** A way to the device: `port` takes plain Modbus/TCP of the load, `hops` are the processes that are measured. */
export interface ModbusWay {
  readonly name: string;
  readonly port: number;
  /** Processes whose CPU counts as this way's hop, and those of the stunnel before it. */
  hop(): number[];
  before(): number[];
  stop(): Promise<void>;
}

/** Where ways are started. */
export interface WayPlace {
  readonly dir: string;
  readonly ca: TestCa;
  readonly devicePort: number;
}

function spawn(command: string, args: readonly string[], stdout: "null" | "piped" = "null"): Deno.ChildProcess {
  return new Deno.Command(command, { args: [...args], stdout, stderr: "null" }).spawn();
}

async function end(child: Deno.ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  await child.status;
}

/** Certificates as files, with the role that Bulkhead's rules ask for. */
export async function writeCertificates({ dir, ca }: Pick<WayPlace, "dir" | "ca">): Promise<void> {
  const server = ca.server(["localhost", "127.0.0.1"]);
  const client = ca.client("ems-1", { moreExtensions: [roleExtension("Reader")] });
  const files = {
    "ca.pem": ca.pem,
    "server.pem": server.certPem,
    "server.key": server.keyPem,
    "client.pem": client.certPem,
    "client.key": client.keyPem,
  };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${dir}/${name}`, text, { mode: 0o600 });
}

/** stunnel: plain on this side, mutual TLS on the other, or the other way round. */
async function startStunnel(
  dir: string,
  name: string,
  accept: number,
  to: number,
  isClient: boolean,
): Promise<Deno.ChildProcess> {
  const own = isClient ? "client" : "server";
  const lines = [
    "foreground = yes",
    "syslog = no",
    `output = ${dir}/${name}.log`,
    "[way]",
    `client = ${isClient ? "yes" : "no"}`,
    `accept = 127.0.0.1:${accept}`,
    `connect = 127.0.0.1:${to}`,
    `cert = ${dir}/${own}.pem`,
    `key = ${dir}/${own}.key`,
    `CAfile = ${dir}/ca.pem`,
    "verifyChain = yes",
    ...isClient ? [] : ["requireCert = yes"],
    "socket = l:TCP_NODELAY=1",
    "socket = r:TCP_NODELAY=1",
  ];
  await Deno.writeTextFile(`${dir}/${name}.conf`, lines.join("\n") + "\n");
  const child = spawn("stunnel", [`${dir}/${name}.conf`]);
  await listening(accept);
  return child;
}

/** Two stunnels: mutual TLS between them, looks at nothing. */
export async function startStunnelPair({ dir, devicePort }: WayPlace): Promise<ModbusWay> {
  const [port, between] = [freePort(), freePort()];
  const server = await startStunnel(dir, "pair-server", between, devicePort, false);
  const client = await startStunnel(dir, "pair-client", port, between, true);
  return {
    ...{ name: "stunnel", port, hop: () => [server.pid], before: () => [client.pid] },
    stop: async () => void await Promise.all([end(server), end(client)]),
  };
}

/** HAProxy as a plain relay of TCP: no TLS, looks at nothing. */
export async function startPlainRelay({ dir, devicePort }: WayPlace): Promise<ModbusWay> {
  const port = freePort();
  const timeouts = ["connect 5s", "client 1h", "server 1h"].map((each) => `  timeout ${each}`).join("\n");
  const text = `global\n  nbthread 1\ndefaults\n  mode tcp\n${timeouts}\nlisten way\n  bind 127.0.0.1:${port}\n` +
    `  server device 127.0.0.1:${devicePort}\n`;
  await Deno.writeTextFile(`${dir}/plain.cfg`, text);
  const child = spawn("haproxy", ["-db", "-f", `${dir}/plain.cfg`]);
  await listening(port);
  return { name: "plain relay", port, hop: () => [child.pid], before: () => [], stop: () => end(child) };
}

/** Mutual TLS in Deno without anything else: what no gateway on this runtime can go below. */
export async function startFloor({ dir, devicePort }: WayPlace): Promise<ModbusWay> {
  const script = new URL("./floor.ts", import.meta.url).pathname;
  const child = spawn(Deno.execPath(), ["run", "-q", "-A", script, dir, String(devicePort)], "piped");
  const port = freePort();
  const client = await startStunnel(dir, "floor-client", port, Number(await readWord(child, "PORT")), true);
  return {
    ...{ name: "TLS in Deno alone", port, hop: () => [child.pid], before: () => [client.pid] },
    stop: async () => void await Promise.all([end(child), end(client)]),
  };
}

/** Bulkhead behind a stunnel: mutual TLS with a role, every request judged by rules and profile. */
export async function startBulkhead(
  { dir, devicePort }: WayPlace,
  { name = "bulkhead", main, workers }: {
    readonly name?: string;
    readonly main?: string;
    readonly workers?: "one" | "separate";
  } = {},
): Promise<ModbusWay> {
  const [port, between] = [freePort(), freePort()];
  const home = `${dir}/${name}`;
  await Deno.mkdir(home);
  await Deno.writeTextFile(
    `${home}/rules.yaml`,
    "- { id: reads, effect: allow, because: Reads, roles: [Reader], access: read }\n" +
      "- { id: hide, effect: mask, because: Badges are for nobody, classes: [personal] }\n" +
      "- { id: never, effect: deny, because: No writes, access: write, roles: [Reader] }\n",
  );
  const site = {
    version: 1,
    site: { id: "bench", dataDir: "./data" },
    modbus: {
      listeners: [{
        id: "ems",
        listen: `127.0.0.1:${between}`,
        tls: { clientCaFile: "../ca.pem", identities: [{ certFile: "../server.pem", keyFile: "../server.key" }] },
      }],
      lines: [{ id: "device", tcp: `127.0.0.1:${devicePort}` }],
      units: [{ unit: 11, line: "device", device: 255, profile: "bender-cc" }],
      rules: "rules.yaml",
      ...workers ? { workers } : {},
    },
  };
  await Deno.writeTextFile(`${home}/site.yaml`, stringify(site));
  const script = main ?? new URL("../../../main.ts", import.meta.url).pathname;
  const flags = [...START_FLAGS, "--v8-flags=--max-semi-space-size=4"];
  const child = spawn(Deno.execPath(), ["run", ...flags, script, "run", "--config", `${home}/site.yaml`], "piped");
  await readWord(child, "READY");
  const client = await startStunnel(dir, `${name}-client`, port, between, true);
  return {
    ...{ name, port, hop: () => processTree(child.pid), before: () => [client.pid] },
    stop: async () => void await Promise.all([end(child), end(client)]),
  };
}
