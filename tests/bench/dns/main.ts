/**
 * `deno task bench:dns [--seconds N] [--json]`: answers per second of the gateway, dnsmasq and unbound in one run, as
 * ratios. All three forward to the same unbound and answer from what they keep; ours also judges every question by rules.
 * "socket" is a bare UDP socket of Deno that only sends back what comes: what the runtime leaves to a resolver.
 */
import { systemTimers } from "../../../gateway/core/timers.ts";
import { GatewayProcess } from "../../../gateway/demo/gateway_process.ts";
import { runCommand, runOk } from "../../support/run_command.ts";
import { freePort } from "../../support/free_port.ts";
import { Unbound } from "../../support/unbound.ts";
import { waitFor } from "../../support/wait_for.ts";

/** Names that are asked for, over and over: as many as a large garage has. */
const NAMES = 200;
/** Clients, each with an address of its own: so many that the gateway's limit of one client holds nobody up. */
const CLIENTS = 12;
/** Questions that each client has on its way: of all together as many as a socket of the kernel holds. */
const IN_FLIGHT = 15;
/** What the gateway lets one client ask in a second at most. */
const MOST_PER_CLIENT = 10_000;
const ROUNDS = 3;

/** One server under test. */
interface Contestant {
  readonly name: string;
  readonly port: number;
  stop(): Promise<unknown>;
}

/** What one round showed. */
interface Round {
  readonly perSecond: number;
  readonly averageMs: number;
  readonly lost: number;
  /** Answers with another code than NOERROR. */
  readonly wrong: number;
}

const number = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN);

async function measure({ port }: Contestant, file: string, seconds: number): Promise<Round> {
  const clients = Array.from({ length: CLIENTS }, async (_, at) => {
    const args = ["-s", "127.0.0.1", "-p", String(port), "-d", file, "-l", String(seconds), "-a", `127.0.1.${at + 1}`];
    const text = await runOk(["dnsperf", ...args, "-c", "2", "-q", String(IN_FLIGHT)], { seconds: seconds + 30 });
    return {
      perSecond: number(text, /Queries per second:\s+([\d.]+)/),
      averageMs: number(text, /Average Latency \(s\):\s+([\d.]+)/) * 1_000,
      lost: number(text, /Queries lost:\s+(\d+)/),
      wrong: number(text, /Queries completed:\s+(\d+)/) - number(text, /NOERROR (\d+)/),
    };
  });
  const all = await Promise.all(clients);
  const sum = (pick: (round: Round) => number) => all.reduce((total, round) => total + pick(round), 0);
  return {
    perSecond: sum((one) => one.perSecond),
    averageMs: sum((one) => one.averageMs) / CLIENTS,
    lost: sum((one) => one.lost),
    wrong: sum((one) => one.wrong),
  };
}

function spawn(name: string, port: number, command: string, args: readonly string[]): Contestant {
  const child = new Deno.Command(command, { args: [...args], stdin: "null", stdout: "null", stderr: "null" }).spawn();
  return {
    name,
    port,
    async stop() {
      child.kill("SIGKILL");
      return await child.status;
    },
  };
}

async function gateway(upstream: Unbound, folder: string): Promise<Contestant> {
  const port = freePort();
  const dns = {
    listen: `127.0.0.1:${port}`,
    upstream: [{ tls: `127.0.0.1:${upstream.ports.dot}`, name: "dns.test", caFile: "ca.pem" }],
    allow: ["*.test"],
    queriesPerSecond: MOST_PER_CLIENT,
    lookupsPerMinute: 100_000,
  };
  await Deno.writeTextFile(`${folder}/ca.pem`, upstream.ca.pem);
  const site = { version: 1, site: { id: "bench", dataDir: "./data" }, dns };
  await Deno.writeTextFile(`${folder}/site.yaml`, JSON.stringify(site));
  const dataDir = `${folder}/data`;
  const process = await GatewayProcess.start({ configFile: `${folder}/site.yaml`, dataDir, timers: systemTimers });
  return { name: "bulkhead", port, stop: () => process.stop() };
}

function dnsmasq(upstream: Unbound): Contestant {
  const port = freePort();
  const args = [
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--no-resolv",
    "--no-hosts",
    "--listen-address=127.0.0.1",
  ];
  const server = `--server=127.0.0.1#${upstream.ports.plain}`;
  const user = ["--bind-interfaces", "--user=root", "--pid-file=", "--cache-size=1000"];
  return spawn("dnsmasq", port, "dnsmasq", [...args, ...user, `--port=${port}`, server]);
}

async function unbound(upstream: Unbound, folder: string): Promise<Contestant> {
  const port = freePort();
  await Deno.writeTextFile(
    `${folder}/unbound.conf`,
    `server:\n  interface: 127.0.0.1@${port}\n  do-daemonize: no\n  username: ""\n  chroot: ""\n  directory: ${folder}\n  pidfile: ""\n  use-syslog: no\n  logfile: ""\n  num-threads: 1\n  module-config: "iterator"\n  do-not-query-localhost: no\n  tls-cert-bundle: ${folder}/ca.pem\n  local-zone: "test." transparent\n  access-control: 127.0.0.0/8 allow\nforward-zone:\n  name: "."\n  forward-tls-upstream: yes\n  forward-addr: 127.0.0.1@${upstream.ports.dot}#dns.test\n`,
  );
  return spawn("unbound", port, "unbound", ["-d", "-c", `${folder}/unbound.conf`]);
}

/** Answers nothing, as fast as Deno can. */
function bareSocket(): Contestant {
  const port = freePort();
  const script = new URL("bare_socket.ts", import.meta.url).pathname;
  return spawn("socket", port, Deno.execPath(), ["run", "-q", "-A", "--no-check", script, String(port)]);
}

async function ready({ name, port }: Contestant): Promise<void> {
  await waitFor(name, async () => {
    const { stdout } = await runCommand(["dig", "@127.0.0.1", "-p", String(port), "+tries=1", "+time=2", "n0.test"]);
    return stdout.includes(name === "socket" ? "status: NOERROR" : "203.0.113.");
  });
}

/** Every name gets the address that the upstream has for it. @throws Error that names the first one that does not */
async function checkAnswers({ name, port }: Contestant, file: string): Promise<void> {
  const { stdout } = await runCommand(["dig", "@127.0.0.1", "-p", String(port), "+noall", "+answer", "-f", file], {
    seconds: 60,
  });
  const given = new Map(
    [...stdout.matchAll(/^(n\d+)\.test\.\s+\d+\s+IN\s+A\s+(\S+)$/gm)].map(([, who, is]) => [who, is]),
  );
  for (let at = 0; at < NAMES; at++) {
    const [is, wanted] = [given.get(`n${at}`), `203.0.113.${at + 1}`];
    if (is !== wanted) throw new Error(`${name} answers ${is ?? "nothing"} for n${at}.test, wanted ${wanted}`);
  }
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function main(args: readonly string[]): Promise<void> {
  const at = args.indexOf("--seconds");
  const seconds = at >= 0 ? Number(args[at + 1]) : 5;
  const records = Array.from({ length: NAMES }, (_, name) => `n${name}.test. 3600 IN A 203.0.113.${name + 1}`);
  await using upstream = await Unbound.up(records);
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-bench-dns-" });
  const names = `${folder}/names`;
  await Deno.writeTextFile(names, records.map((record) => `${record.split(" ")[0]} A\n`).join(""));
  const ours = await gateway(upstream, folder);
  const resolvers = [ours, dnsmasq(upstream), await unbound(upstream, folder)];
  const all = [...resolvers, bareSocket()];
  const rounds = new Map<string, Round[]>(all.map(({ name }) => [name, []]));
  try {
    for (const one of all) await ready(one);
    for (const one of all) await measure(one, names, 1); // what is asked for is kept from here on
    for (const one of resolvers) await checkAnswers(one, names);
    for (let round = 0; round < ROUNDS; round++) {
      for (const one of all) rounds.get(one.name)!.push(await measure(one, names, seconds));
    }
    for (const one of resolvers) await checkAnswers(one, names);
  } finally {
    for (const one of all) await one.stop();
    await Deno.remove(folder, { recursive: true });
  }
  report([...rounds], args.includes("--json"));
}

function report(rounds: readonly [string, readonly Round[]][], asJson: boolean): void {
  const rows = rounds.map(([name, each]) => ({
    name,
    perSecond: Math.round(median(each.map(({ perSecond }) => perSecond))),
    averageMs: Number(median(each.map(({ averageMs }) => averageMs)).toFixed(3)),
    lost: each.reduce((sum, { lost }) => sum + lost, 0),
    wrong: each.reduce((sum, { wrong }) => sum + wrong, 0),
  }));
  const ours = rows[0]!;
  const compared = rows.map((row) => ({ ...row, ratio: Number((ours.perSecond / row.perSecond).toFixed(2)) }));
  const lines = compared.map(({ name, perSecond, averageMs, lost, wrong, ratio }) =>
    `${name.padEnd(10)} ${String(perSecond).padStart(7)} answers/s  ${
      String(averageMs).padStart(7)
    } ms  ${lost} lost  ${wrong} wrong  bulkhead is ${ratio} of it`
  );
  const text = asJson ? JSON.stringify({ clients: CLIENTS, names: NAMES, results: compared }) : lines.join("\n");
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

await main(Deno.args);
