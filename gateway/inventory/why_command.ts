import type { CommandResult } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import type { Station } from "./config.ts";
import type { StationParts } from "./station_commands.ts";
import { upstreamRoute } from "./upstream_route.ts";
import { explainStation, type WhyFacts } from "./why.ts";

/** Milliseconds that the probe towards a CSMS may take. */
const PROBE_MS = 15_000;

/** `why STATION`: gathers what is known of the station's way, and says the one thing to do. */
export async function whyStation(parts: StationParts, id: string): Promise<CommandResult> {
  const answer = explainStation(await gather(parts, id));
  const rows = answer.steps.map(({ step, state, detail }) => [step, state, detail]);
  const text = `${formatTable(["step", "state", "detail"], rows)}\n\n${answer.sentence}\nFix: ${answer.fix}`;
  return {
    text,
    data: { steps: answer.steps.map((step) => ({ ...step })), sentence: answer.sentence, fix: answer.fix },
    ok: answer.steps.every(({ state }) => state !== "bad"),
  };
}

async function gather(parts: StationParts, id: string): Promise<WhyFacts> {
  const { stations, inbox, live, facts, refusals, credentials } = parts;
  const station = stations.get(id);
  const session = live.ofStation(id);
  const profile = station?.ocpp?.securityProfile;
  return {
    stationId: id,
    known: station !== undefined,
    inInbox: inbox.get(id) !== undefined,
    usbOnly: station?.access === "usb-only",
    securityProfile: profile,
    listener: await listenerOf(parts, profile),
    credentialKind: !station ? "none" : profile === 3 ? "certificate" : await credentials.kindOf(station),
    lastRefusal: session ? undefined : refusals.of(id),
    lastHandshakeFault: session ? undefined : await handshakeFault(parts, station),
    lastEnd: session ? undefined : parts.ends.of(id),
    session: session && { since: new Date(session.since).toISOString(), source: session.source },
    upstream: station?.ocpp && !session ? await probe(parts, station) : undefined,
    csms: station?.ocpp?.csms,
    facts: facts.of(id),
  };
}

async function listenerOf({ context }: StationParts, profile: number | undefined): Promise<WhyFacts["listener"]> {
  const wanted = context.site.ocpp?.listeners.find(({ tls }) => (tls !== undefined) === ((profile ?? 0) >= 2));
  if (!wanted) return undefined;
  const workers = Object.entries(await context.main.call("main.workers", {}));
  const up = workers.some(([name, { state }]) => name.startsWith("ocpp") && state === "ready");
  return { name: wanted.listen, up };
}

/** The OCPP Workers remember failed handshakes by address; without a known address nothing can be told apart. */
async function handshakeFault(
  { context }: StationParts,
  station: Station | undefined,
): Promise<WhyFacts["lastHandshakeFault"]> {
  if (station?.address === undefined) return undefined;
  for (const worker of context.workers.of("ocpp")) {
    const { fault } = await context.workers.get(worker).call("handshake.last", { source: station.address });
    if (fault) return fault;
  }
  return undefined;
}

async function probe({ context }: StationParts, station: Station): Promise<WhyFacts["upstream"]> {
  const [worker] = context.workers.of("ocpp");
  if (worker === undefined || !context.site.ocpp) return undefined;
  const route = upstreamRoute(station, {}, context.site.ocpp, context.files);
  try {
    const args = { route, stationId: station.id };
    return await context.workers.get(worker).call("upstream.probe", args, { deadlineMs: PROBE_MS });
  } catch (error) {
    return [{ step: "probe", ok: false, detail: describeError(error) }];
  }
}
