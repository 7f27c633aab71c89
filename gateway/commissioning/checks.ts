import type { StepEntry } from "../../policies/commissioning_types.ts";
import type { Evidence } from "../../policies/posture_types.ts";
import type { Json, StationCallAnswer } from "../core/control_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import type { RecoveryOption } from "../core/recovery.ts";
import { recoveryText } from "../core/recovery.ts";
import type { AdoptionFault, OldPages } from "../inventory/adoption/adoption.ts";
import type { Station } from "../inventory/config.ts";
import type { Facts } from "../inventory/station_facts.ts";
import { COMMISSIONING_LIMITS } from "./limits.ts";

/** A transaction as the ledger has it. */
export interface SeenCharge {
  /** When the gateway saw it first, wall milliseconds. */
  readonly seenAt: number;
  readonly hasEnded: boolean;
  readonly wattHours: number;
}

/** Where the gateway looks for what it says of a station. */
export interface CheckSources {
  /** The connection that is open now. */
  session(
    station: string,
  ): { readonly securityProfile: number; readonly source: string; readonly since: number } | undefined;
  facts(station: string): Facts;
  /** A fact of posture. */
  evidence(station: string, fact: string): Promise<Evidence>;
  call(station: string, action: string, payload: Json): Promise<StationCallAnswer>;
  charges(station: string): Promise<readonly SeenCharge[]>;
  /** Its address and its port at the switch, as `why` sees them. */
  network(
    station: Station,
  ): Promise<readonly { readonly step: string; readonly state: string; readonly detail: string }[]>;
  /** What keeps its controller from being handed over. */
  faults(station: string): readonly AdoptionFault[];
  /** undefined: the site keeps no vault. */
  recovery(station: Station): readonly RecoveryOption[] | undefined;
  oldPages(station: Station): OldPages;
  /** Lines of high severity that are not met, judged anew. */
  unmet(station: string): Promise<readonly string[]>;
  /** The MAC address that answers for an address; undefined: nobody can look. */
  macOf(address: string): Promise<string | undefined>;
}

/** What a check gives. */
export type CheckResult = Pick<Extract<StepEntry, { readonly kind: "auto" }>, "outcome" | "why">;

interface Looking {
  readonly station: Station;
  readonly sources: CheckSources;
  /** When the protocol began. */
  readonly since: number;
}

type Check = (looking: Looking) => CheckResult | Promise<CheckResult>;

const met = (why: string): CheckResult => ({ outcome: "met", why });
const failed = (why: string): CheckResult => ({ outcome: "failed", why });
const unknown = (why: string): CheckResult => ({ outcome: "unknown", why });

/** Every check by the name that the template gives it. */
const CHECKS: Readonly<Record<string, Check>> = {
  "device.firmware": async ({ station, sources }) => {
    const [weak, version] = [
      await sources.evidence(station.id, "known-weaknesses"),
      await sources.evidence(station.id, "firmware"),
    ];
    if (weak.is !== "value" || version.is !== "value") {
      return unknown(weak.is === "unknown" ? weak.why : "it has told no version");
    }
    return weak.value === "none"
      ? met(`${version.value}, no known weakness`)
      : failed(`${version.value}: ${weak.value}`);
  },
  "device.https": async ({ station, sources }) =>
    judged(await sources.evidence(station.id, "page-transport"), {
      "https-pinned": "HTTPS, its certificate is pinned",
    }),
  "device.old-pages": (looking) =>
    maker(looking, "BC-14", ({ sources, station }) => {
      const state = sources.oldPages(station);
      return met(state === "none" ? "it has none" : `the gateway keeps people off them (${state})`);
    }),
  "device.password": (looking) =>
    maker(looking, "EV-01", () => met("looked for when its adoption was finished: none works")),
  "device.posture": async ({ station, sources }) => {
    const unmet = await sources.unmet(station.id);
    return unmet.length === 0
      ? met("every line of high severity is met or answered for")
      : failed(`not met: ${unmet.slice(0, 8).join(", ")}`);
  },
  "device.recovery": (looking) =>
    maker(looking, "BC-13", ({ sources, station }) => {
      const ways = sources.recovery(station);
      return ways ? met(recoveryText(ways)) : unknown("this site keeps no vault of device secrets");
    }),
  "network.address": async ({ station, sources }) => {
    const steps = await sources.network(station), bad = steps.find(({ state }) => state === "bad");
    if (bad) return failed(`${bad.step}: ${bad.detail}`);
    const ok = steps.filter(({ state }) => state === "ok");
    return ok.length > 0
      ? met(ok.map(({ step, detail }) => `${step}: ${detail}`).join("; "))
      : unknown("this box sees neither its lease nor its switch");
  },
  "network.mac": async ({ station, sources }) => {
    const { mac, address } = station;
    if (mac === undefined) return failed("site.yaml names none");
    const seen = address === undefined ? undefined : await sources.macOf(address);
    if (seen === undefined) return unknown(`${mac} by site.yaml; nobody can see who has its address`);
    return seen.toLowerCase() === mac.toLowerCase()
      ? met(`${mac} answers at ${address}`)
      : failed(`${seen} answers at ${address}, site.yaml says ${mac}`);
  },
  "network.segmentation": async ({ station, sources }) =>
    judged(await sources.evidence(station.id, "segmentation"), { on: "everything but declared flows is dropped" }),
  "ocpp.badges": (looking) => asked(looking, "ClearCache", {}),
  "ocpp.boot": ({ station, sources }) => {
    const { vendor, model, firmwareVersion } = sources.facts(station.id);
    return vendor === undefined
      ? unknown("it has sent none that the gateway saw")
      : met([vendor, model, firmwareVersion].filter((part) => part !== undefined).join(" "));
  },
  "ocpp.charge": async ({ station, sources, since }) => {
    const charges = (await sources.charges(station.id)).filter(({ seenAt }) => seenAt >= since);
    const [ended] = charges.filter(({ hasEnded }) => hasEnded);
    if (ended) return met(`${(ended.wattHours / 1_000).toFixed(3)} kWh, begun ${new Date(ended.seenAt).toISOString()}`);
    return unknown(charges.length > 0 ? "a charge has begun and not ended" : "no charge since the protocol began");
  },
  "ocpp.clock": async ({ station, sources }) => {
    const offset = await sources.evidence(station.id, "clock-offset-seconds");
    if (offset.is !== "value") return unknown(offset.is === "unknown" ? offset.why : "it has told no time");
    const why = `${offset.value} s off`;
    return Number(offset.value) <= COMMISSIONING_LIMITS.clockSeconds
      ? met(why)
      : failed(`${why}, wanted at most ${COMMISSIONING_LIMITS.clockSeconds}`);
  },
  "ocpp.connected": ({ station, sources }) => {
    const session = sources.session(station.id);
    return session
      ? met(`from ${session.source} since ${new Date(session.since).toISOString()}`)
      : failed("it is not connected");
  },
  "ocpp.credential": async ({ station, sources }) =>
    judged(await sources.evidence(station.id, "factory-credential"), { off: "its own" }),
  "ocpp.heartbeat": (looking) => triggered(looking, "Heartbeat"),
  "ocpp.profile": ({ station, sources }) => {
    const session = sources.session(station.id), wanted = station.ocpp?.securityProfile ?? 0;
    if (!session) return unknown("it is not connected");
    const { securityProfile } = session, why = `security profile ${securityProfile}`;
    if (securityProfile < wanted) return failed(`${why}, site.yaml wants ${wanted}`);
    return securityProfile >= 2
      ? met(`${why}: TLS 1.2 or 1.3, nothing older is taken`)
      : failed(`${why}: its connection is not encrypted`);
  },
  "ocpp.status": (looking) => triggered(looking, "StatusNotification"),
};

/** Names of the checks, for the test that the template asks for no other. */
export const CHECK_NAMES: readonly string[] = Object.keys(CHECKS);

/** Looks at one thing. A fault of what is looked at is no fault of the protocol: it is then not known. */
export async function runCheck(name: string, looking: Looking): Promise<CheckResult> {
  const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined;
  if (!check) return unknown(`this gateway knows no check "${name}"`);
  try {
    return await check(looking);
  } catch (error) {
    if (error instanceof GatewayError) return unknown(describeError(error));
    throw error;
  }
}

function judged(evidence: Evidence, good: Readonly<Record<string, string>>): CheckResult {
  if (evidence.is !== "value") return unknown(evidence.is === "unknown" ? evidence.why : "it has no such setting");
  const why = good[evidence.value];
  return why === undefined ? failed(`it is ${evidence.value}, wanted ${Object.keys(good).join(" or ")}`) : met(why);
}

/** A line of the maker's guide: the adoption knows best. */
function maker(looking: Looking, rule: string, else_: (looking: Looking) => CheckResult): CheckResult {
  const fault = looking.sources.faults(looking.station.id).find((one) => one.rule === rule);
  return fault ? failed(fault.why) : else_(looking);
}

function triggered(looking: Looking, requestedMessage: string): Promise<CheckResult> {
  return asked(looking, "TriggerMessage", { requestedMessage });
}

async function asked({ station, sources }: Looking, action: string, payload: Json): Promise<CheckResult> {
  const answer = await sources.call(station.id, action, payload);
  if ("noAnswer" in answer) return unknown(`it did not answer ${action}: ${answer.noAnswer}`);
  if ("error" in answer) return failed(`it answered ${action} with ${answer.error.code}`);
  const status = (answer.result as { readonly status?: unknown } | null)?.status;
  return status === "Accepted"
    ? met(`${action} accepted`)
    : failed(`${action} answered ${String(status).slice(0, 40)}`);
}
