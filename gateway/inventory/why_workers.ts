import type { WorkerState } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import type { Station } from "./config.ts";
import type { LiveSession } from "./live_sessions.ts";
import type { StationParts } from "./station_commands.ts";
import { upstreamRoute } from "./upstream_route.ts";
import type { WhyFacts } from "./why.ts";

/** Milliseconds that the probe towards a CSMS may take. */
const PROBE_MS = 15_000;

/** What of a live session's description is read here. */
interface LiveRow {
  readonly session: string;
  readonly csmsState?: string;
}

/** What a CSMS connection that does not just pass messages is doing. */
const STAND_IN: Readonly<Record<string, string>> = {
  away: "it is away and the gateway answers for it; `outage list` shows what waits",
  holding: "it was lost a moment ago; messages wait for it",
  replaying: "it is back and gets what was kept for it first",
};

/** What a store-and-forward station's Worker says of its CSMS; undefined while messages pass. */
export async function standInOf(
  { context }: StationParts,
  { worker, session }: Pick<LiveSession, "worker" | "session">,
): Promise<string | undefined> {
  try {
    const live = await context.workers.get(worker).call("stations.live", {}) as unknown as readonly LiveRow[];
    return STAND_IN[live.find((row) => row.session === session)?.csmsState ?? "through"];
  } catch (error) {
    context.log.warn("stations.why.incomplete", { worker, msg: describeError(error) }); // it may just be restarting
    return undefined;
  }
}

/** What the OCPP Workers know of one station's way, for `why`. */
export interface WorkerKnowledge {
  /** The listener of the station's profile. */
  readonly listener: WhyFacts["listener"];
  /** Ready OCPP Workers, those with such a listener first: the station's own trust zone. */
  readonly workers: readonly string[];
}

/** Finds the Workers that serve a station of this profile. */
export async function workersOfProfile(
  { context }: StationParts,
  profile: number | undefined,
): Promise<WorkerKnowledge> {
  const isTls = (profile ?? 0) >= 2;
  const wanted = context.site.ocpp?.listeners.find(({ tls }) => (tls !== undefined) === isTls);
  const states = await context.main.call("main.workers", {});
  const isReady = (worker: string) => states[worker]?.state === "ready";
  const ready = context.workers.of("ocpp").filter(isReady);
  const own = ready.filter((worker) => serves(states[worker], isTls ? "wss:" : "ws:"));
  const listener = wanted && { name: wanted.listen, up: own.length > 0 };
  return { listener, workers: [...own, ...ready.filter((worker) => !own.includes(worker))] };
}

function serves(state: WorkerState | undefined, scheme: string): boolean {
  return Object.values(state?.listening ?? {}).some((where) => where.startsWith(scheme));
}

/**
 * The newest failed handshake from one of the addresses that a station was seen at. A station that never got through TLS
 * has none: then `strangers` are addresses whose handshakes failed lately, one of which may be its own.
 */
export async function handshakeFaults(
  { context }: StationParts,
  workers: readonly string[],
  sources: readonly string[],
): Promise<{ readonly last: WhyFacts["lastHandshakeFault"]; readonly strangers: readonly string[] }> {
  const found: NonNullable<WhyFacts["lastHandshakeFault"]>[] = [];
  const strangers: string[] = [];
  for (const worker of workers) {
    const rpc = context.workers.get(worker);
    try {
      for (const source of sources) {
        const { fault } = await rpc.call("handshake.last", { source });
        if (fault) found.push(fault);
      }
      if (sources.length > 0) continue;
      const { faults } = await rpc.call("handshake.recent", {});
      strangers.push(...faults.map(({ source, reason, at }) => `${source} at ${at}: ${reason}`));
    } catch (error) {
      context.log.warn("stations.why.incomplete", { worker, msg: describeError(error) }); // it may just be restarting
    }
  }
  return { last: found.sort((a, b) => a.at < b.at ? 1 : -1)[0], strangers };
}

/** Asks a Worker of the station's own zone; another one only when that one gives no answer at all. */
export async function probeUpstream(
  { context, upstreams }: StationParts,
  workers: readonly string[],
  station: Station,
): Promise<WhyFacts["upstream"]> {
  if (!context.site.ocpp) return undefined;
  const configured = upstreamRoute(station, {}, context.site.ocpp, context.files);
  const { choices } = await upstreams.choicesFor(station.id, configured);
  // What the CSMS took last; a credential that nobody has proven is not tried out by a question.
  const { route } = choices.find(({ choice }) => choice === "kept" || choice === "configured") ?? choices[0]!;
  const args = { route, stationId: station.id };
  let steps: WhyFacts["upstream"];
  for (const worker of workers) {
    try {
      return await context.workers.get(worker).call("upstream.probe", args, { deadlineMs: PROBE_MS });
    } catch (error) {
      steps ??= [{ step: "probe", ok: false, detail: describeError(error) }];
    }
  }
  return steps;
}
