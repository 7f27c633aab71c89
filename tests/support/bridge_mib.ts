/**
 * A Linux bridge as the BRIDGE-MIB (RFC 4188) and Q-BRIDGE-MIB (RFC 4363): snmpd hands questions below 1.3.6.1.2.1.17 to this
 * program (`pass_persist`). Ports are numbered as their interfaces. Run: deno run -A bridge_mib.ts BRIDGE
 */
const [bridge = ""] = Deno.args;
const BASE = "1.3.6.1.2.1.17";

/** The bridge that a port belongs to. */
const OWNER = "master"; // iproute2's own word

interface Entry {
  readonly mac: string;
  readonly ifname: string;
  readonly vlan?: number;
  readonly [OWNER]?: string;
  readonly state?: string;
}
type Row = readonly [string, "integer", string];

async function json<T>(...command: [string, ...string[]]): Promise<T> {
  const [program, ...args] = command;
  const { stdout } = await new Deno.Command(program, { args }).output();
  return JSON.parse(new TextDecoder().decode(stdout) || "[]") as T;
}

async function rows(): Promise<Row[]> {
  const links = await json<{ ifindex: number; ifname: string; [OWNER]?: string }[]>("ip", "-j", "link", "show");
  const index = new Map(links.map((link) => [link.ifname, link.ifindex]));
  const entries = await json<Entry[]>("bridge", "-j", "fdb", "show", "br", bridge);
  const learned = entries.filter(({ [OWNER]: owner, state }) => owner === bridge && state !== "permanent");
  const ports = links.filter(({ [OWNER]: owner }) => owner === bridge).map(({ ifindex }): Row => [
    ...[`${BASE}.1.4.1.2.${ifindex}`, "integer", String(ifindex)] as const,
  ]);
  const arcs = (mac: string) => mac.split(":").map((part) => parseInt(part, 16)).join(".");
  const devices = learned.flatMap(({ mac, ifname, vlan }): Row[] => {
    const port = String(index.get(ifname) ?? 0);
    const table = vlan === undefined ? `${BASE}.4.3.1` : `${BASE}.7.1.2.2.1`;
    const at = vlan === undefined ? arcs(mac) : `${vlan}.${arcs(mac)}`;
    return [[`${table}.2.${at}`, "integer", port], [`${table}.3.${at}`, "integer", "3"]];
  });
  return [...ports, ...devices].sort(([a], [b]) => order(a, b));
}

function order(a: string, b: string): number {
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? -1) - (right[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

const say = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));

/** Rows are read anew for each walk: at a question for the whole tree or a table. */
async function answer(kind: string, oid: string): Promise<void> {
  const wanted = oid.replace(/^\./, "");
  const all = await rows();
  const row = kind === "get" ? all.find(([at]) => at === wanted) : all.find(([at]) => order(at, wanted) > 0);
  say(row ? `.${row[0]}\n${row[1]}\n${row[2]}` : "NONE");
}

let rest = "";
let kind = "";
for await (const piece of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + piece).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    if (line === "PING") say("PONG");
    else if (line === "get" || line === "getnext") kind = line;
    else if (kind !== "") {
      await answer(kind, line);
      kind = "";
    }
  }
}
