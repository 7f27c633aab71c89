import type { CommandResult } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import type { Station } from "./config.ts";
import type { StationParts } from "./station_commands.ts";
import { explainStation, type WhyFacts } from "./why.ts";
import { handshakeFaults, probeUpstream, standInOf, workersOfProfile } from "./why_workers.ts";

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
  const { listener, workers } = await workersOfProfile(parts, profile);
  const handshakes = session || (profile ?? 0) < 2
    ? undefined
    : await handshakeFaults(parts, workers, addressesOf(parts, station, id));
  return {
    stationId: id,
    known: station !== undefined,
    inInbox: inbox.get(id) !== undefined,
    usbOnly: station?.access === "usb-only",
    securityProfile: profile,
    listener,
    credentialKind: !station
      ? "none"
      : profile === 3
      ? "certificate"
      : await credentials.kindOf(station, parts.context.files),
    lastRefusal: session ? undefined : refusals.of(id),
    lastHandshakeFault: handshakes?.last,
    strangers: handshakes?.strangers ?? [],
    lastEnd: session ? undefined : parts.ends.of(id),
    standIn: session && await standInOf(parts, session),
    session: session && { since: new Date(session.since).toISOString(), source: session.source },
    upstream: station?.ocpp && !session ? await probeUpstream(parts, workers, station) : undefined,
    csms: station?.ocpp?.csms,
    upstreamSet: station && await parts.upstreams.inWords(station),
    facts: facts.of(id),
    ...station && station.access !== "usb-only"
      ? { network: await networkOf(parts, station, session !== undefined) }
      : {},
  };
}

/** What the parts below say; a part that fails is left out, and the log says which. */
async function networkOf(
  { network, refusals, ends, context }: StationParts,
  station: Station,
  isConnected: boolean,
): Promise<NonNullable<WhyFacts["network"]>> {
  const tried = [refusals.of(station.id)?.at, ends.of(station.id)?.at].flatMap((at) => at ? [Date.parse(at)] : []);
  const times = { isConnected, ...tried.length === 0 ? {} : { triedAt: Math.max(...tried) } };
  try {
    return await network.steps?.(station, times) ?? [];
  } catch (error) {
    context.log.warn("stations.why.incomplete", { worker: "network", msg: describeError(error) });
    return [];
  }
}

/** Addresses that this id came from or is configured with: failed handshakes from there are most likely its own. */
function addressesOf(
  { facts, refusals, ends, inbox }: StationParts,
  station: Station | undefined,
  id: string,
): string[] {
  const seen = facts.of(id)["address"];
  const known = [station?.address, seen, refusals.of(id)?.source, ends.of(id)?.source, inbox.get(id)?.source];
  return [...new Set(known.filter((address) => typeof address === "string"))];
}
