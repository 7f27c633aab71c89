import { encodeMbap } from "../../../gateway/modbus/codec_mbap.ts";
import { mutate } from "../../support/mutate.ts";
import { type ModbusSite, withModbusSite } from "../../support/modbus_site.ts";
import { Attacker, type AttackerResult, sendBroken } from "./attacker.ts";
import { startRecordingDevice, STATION } from "./recording_device.ts";
import { mutatedRequests } from "./requests.ts";

/** What a run found. */
export interface ModbusMutationResult {
  /** Empty when all is well; else one sentence each. */
  readonly wrong: readonly string[];
  readonly lines: readonly string[];
}

/** The line's own deadline, and what a busy machine may add. */
const DEADLINE_MS = 5_000, SLACK_MS = 15_000;

/** A reader, one who may set one limit within bounds, and badges for nobody. */
const RULES = `
- { id: reads, effect: allow, because: Reads, roles: [Reader, Manager], access: read }
- { id: raw, effect: allow, because: Reads of what nobody knows, roles: [Reader, Manager], access: read, unknown: true }
- { id: look, effect: allow, because: Looks, roles: [Reader, Manager], functions: [7, 8, 11, 12, 17, 20, 24, 43] }
- { id: hide, effect: mask, because: Badges are for nobody, classes: [personal] }
- { id: limit, effect: allow, because: One limit, roles: [Manager], units: [11], access: write, points: [current-limit], values: [0, [6, 16]] }
- { id: panel, effect: allow, because: The panel, clients: [legacy], access: read, classes: [measured] }
`;

/**
 * Sends seeded mutated requests through real sockets to a real gateway: a role that only reads, certificates without role and plaintext first,
 * then one that may set one limit. Nothing crashes, each accepted request is answered exactly once within its deadline, no refused
 * write reaches the device, and no badge reaches a client.
 */
export async function runModbusMutations(count: number, seed: number): Promise<ModbusMutationResult> {
  const { device, reached } = await startRecordingDevice();
  const units = [
    { unit: 11, line: "d", device: STATION, profile: "bender-cc" },
    { unit: 1, line: "d", device: 1, profile: "eastron-sdm630" },
    { unit: 9, line: "d", device: 9 },
  ];
  const lines = [{ id: "d", tcp: `127.0.0.1:${device.port}`, deadlineMs: DEADLINE_MS }];
  const wrong: string[] = [], said: string[] = [];
  try {
    await withModbusSite({ lines, units, rules: RULES }, async (site) => {
      const readers = await attackAll(site, [["scada", "Reader"], ["guest", undefined], "plain"], count * 3 / 4, seed);
      if (reached.writes.length > 0) {
        wrong.push(`a role that only reads wrote ${JSON.stringify(reached.writes.slice(0, 5))}`);
      }
      const afterReaders = reached.requests;
      const manager = await attackAll(site, [["ems-1", "Manager"]], count / 4, seed + 1_000);
      const bad = reached.writes.filter(({ isLimit, unit }) => !isLimit || unit !== STATION);
      if (bad.length > 0) wrong.push(`refused writes reached the device: ${JSON.stringify(bad.slice(0, 5))}`);
      if (reached.writes.length === 0) wrong.push("no allowed write reached the device: this run proves nothing");
      if (afterReaders < count / 100) {
        wrong.push(`only ${afterReaders} reads reached the device: this run proves little`);
      }
      const broken = await attackFrames(site, Math.ceil(count / 100), seed);
      wrong.push(...[...readers, ...manager].flatMap(judge), ...await restarted(site));
      said.push(describe("readers, nobodies and plaintext", readers), describe("the manager", manager));
      said.push(
        `${broken} connections with broken frames; ${reached.requests} requests reached the device, ${reached.writes.length} of them writes`,
      );
    });
  } catch (error) {
    wrong.push((error as Error).message);
  } finally {
    await device.stop();
  }
  return { wrong, lines: said };
}

type Who = readonly [name: string, role: string | undefined] | "plain";

async function attackAll(
  site: ModbusSite,
  who: readonly Who[],
  count: number,
  seed: number,
): Promise<AttackerResult[]> {
  const attackers = await Promise.all(who.map((each) => {
    if (each === "plain") return Attacker.connect(site.plainPort);
    const { certPem, keyPem } = site.client(...each);
    return Attacker.connect(site.tlsPort, { ca: [site.ca.pem], cert: certPem, key: keyPem, servername: "localhost" });
  }));
  const own = Math.ceil(count / attackers.length);
  await Promise.all(
    attackers.map((attacker, at) => attacker.send(mutatedRequests(own, seed + at * 10), DEADLINE_MS + SLACK_MS)),
  );
  for (const { socket } of attackers) socket.destroy();
  return attackers.map(({ result }) => result);
}

/** Frames whose headers are broken too, each on a connection of its own over plaintext. */
async function attackFrames(site: ModbusSite, count: number, seed: number): Promise<number> {
  const frames = [...mutatedRequests(50, seed)].map(({ unit, pdu }, transaction) =>
    encodeMbap({ transaction, unit, pdu })
  );
  for (const bytes of mutate(frames, { count, seed })) await sendBroken(site.plainPort, bytes);
  return count;
}

function judge({ sent, answered, strays, badges, slowestMs }: AttackerResult): string[] {
  return [
    ...answered === sent ? [] : [`${sent} requests had ${answered} answers`],
    ...strays === 0 ? [] : [`${strays} answers came that nobody waited for`],
    ...badges === 0 ? [] : [`${badges} times a badge was shown`],
    ...slowestMs <= DEADLINE_MS + SLACK_MS ? [] : [`an answer took ${slowestMs} ms`],
  ];
}

function describe(who: string, results: readonly AttackerResult[]): string {
  const kinds = new Map<string, number>();
  for (const { kinds: own } of results) {
    for (const [kind, times] of own) kinds.set(kind, (kinds.get(kind) ?? 0) + times);
  }
  const sum = results.reduce((total, { sent }) => total + sent, 0);
  const slowest = Math.max(...results.map(({ slowestMs }) => slowestMs)).toFixed(0);
  const shares = [...kinds].sort().map(([kind, times]) => `${kind} ${times}`).join(", ");
  return `${who}: ${sum} requests, each answered once, the slowest after ${slowest} ms (${shares})`;
}

async function restarted({ gateway }: ModbusSite): Promise<string[]> {
  const { data } = await gateway.command("status");
  const { workers } = data as {
    readonly workers: Readonly<Record<string, { readonly restarts: number; readonly lastFault?: string }>>;
  };
  return Object.entries(workers).flatMap(([name, { restarts, lastFault }]) =>
    restarts > 0 ? [`Worker ${name} was restarted: ${lastFault}`] : []
  );
}
