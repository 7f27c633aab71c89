import { CLIMB_STEPS, type ClimbFacts, type ClimbPlan, planClimb } from "../../../policies/climb.ts";
import { modelOf, type StationModel } from "../../../policies/station_model.ts";
import { STATION_MODELS } from "../../../profiles/station_models.ts";
import type { CommandArgs, CommandResult } from "../../control/contract.ts";
import type { Json, StationActivity } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Station } from "../config.ts";
import { INVENTORY_LIMITS } from "../limits.ts";
import { stationOf, type StationParts } from "../station_commands.ts";
import type { Climbs } from "./climbs.ts";
import type { Version } from "./messages.ts";
import { type ClimbRecord, hasEnded } from "./record.ts";
import { climbTarget, type ListenerRoots } from "./target.ts";

/** What the command works with. */
export interface ClimbCommandParts {
  readonly station: StationParts;
  readonly climbs: Climbs;
  readonly roots: ListenerRoots;
}

/**
 * `station climb STATION`: plans, begins, shows or ends a climb. It answers at once; the climb goes on in the gateway.
 * @throws GatewayError STATION_INVALID with everything that speaks against beginning it
 */
export async function climbCommand(parts: ClimbCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const station = stationOf(parts.station, args);
  const running = parts.climbs.of(station.id);
  if (args["status"]) {
    if (args["wait"]) await parts.climbs.moved(station.id, INVENTORY_LIMITS.climbWaitMs);
    return running ? show(parts.climbs.of(station.id)!) : none(station.id);
  }
  if (args["cancel"]) {
    await parts.climbs.cancel(station.id, who);
    return show(parts.climbs.of(station.id)!);
  }
  const { facts, record } = await prepare(parts, station, args, who);
  const plan = planClimb(facts);
  if (args["plan"]) return showPlan(station.id, plan);
  if (plan.refusals.length > 0) throw refused(station.id, plan);
  const { audit } = parts.station.context;
  const detail = { from: facts.from, to: facts.to, force: facts.force };
  const event = "station.climb.started";
  await audit.record({ event, class: "security", who, target: station.id, outcome: "ok", detail });
  await parts.climbs.begin({ ...record, hops: plan.hops });
  return show(parts.climbs.of(station.id)!);
}

async function prepare(
  { station: parts, climbs, roots }: ClimbCommandParts,
  station: Station,
  args: CommandArgs,
  who: string,
): Promise<{ readonly facts: ClimbFacts; readonly record: Omit<ClimbRecord, "hops"> }> {
  const { context, live, credentials, facts: known } = parts;
  if (!station.ocpp) {
    throw invalid(`Station "${station.id}" has no OCPP connection of its own`, "Climb its primary part");
  }
  const session = live.ofStation(station.id), running = climbs.of(station.id), from = station.ocpp.securityProfile;
  const [only, ...others] = station.ocpp.protocols;
  const fallback = others.length === 0 ? only : undefined; // its Worker tells a second after it has connected
  const version = versionOf(session?.protocol ?? known.of(station.id)["protocol"] ?? fallback);
  const model: StationModel | undefined = modelOf(
    STATION_MODELS,
    station.vendor ?? text(known.of(station.id)["vendor"]),
    station.model ?? text(known.of(station.id)["model"]),
  );
  const target = climbTarget(context.site, roots, args);
  const urlKey = typeof args["url-key"] === "string"
    ? { key: args["url-key"], withId: args["url-with-id"] === true }
    : model?.urlKey;
  const password = await credentials.kindOf(station, context.files);
  const wanted = readTarget(args, from), minutes = readMinutes(args), force = args["force"] === true;
  return {
    facts: {
      from,
      to: wanted,
      version: session ? version : undefined,
      activity: session ? (await activityOf(parts, session.worker, station.id)).state : "unknown",
      force,
      isClimbing: running !== undefined && !hasEnded(running),
      listener: target?.listener,
      root: args["root-installed"] ? "installed" : target?.rootPem === undefined ? "unknown" : "known",
      urlKey: urlKey?.key,
      keepsUrl: args["keep-url"] === true,
      signs: target?.signs ?? false,
      password: password === "file" || password === "none" ? password : "stored",
      relaysCredential: relaysCredential(station, context.site.ocpp),
      model,
    },
    record: {
      stationId: station.id,
      who,
      startedAt: context.clock.now(),
      version: version ?? "ocpp1.6",
      hop: 0,
      step: 0,
      state: "running",
      force,
      minutes,
      url: target?.listener.url ?? "",
      notes: [],
      pending: running?.pending ?? [],
      ...target?.rootPem === undefined ? {} : { rootPem: target.rootPem },
      ...urlKey && args["keep-url"] !== true ? { urlKey } : {},
    },
  };
}

/** Whether the CSMS sees the credential that the station itself shows. */
export function relaysCredential(
  { ocpp }: Station,
  site: ClimbCommandParts["station"]["context"]["site"]["ocpp"],
): boolean {
  const csms = site?.csms.find(({ id }) => id === ocpp?.csms);
  const hasOwn = ocpp?.upstreamPasswordFile ?? ocpp?.upstreamCertificate ?? csms?.clientCertificate ??
    csms?.passwordFile;
  return hasOwn === undefined && ocpp?.securityProfile !== 0;
}

async function activityOf({ context }: StationParts, worker: string, stationId: string): Promise<StationActivity> {
  try {
    return await context.workers.get(worker).call("station.activity", { stationId });
  } catch (error) {
    if (error instanceof GatewayError) return { state: "unknown", why: error.message };
    throw error;
  }
}

function readTarget(args: CommandArgs, from: number): 2 | 3 {
  const wanted = args["to"] === undefined ? String(from < 2 ? 2 : 3) : String(args["to"]);
  if (wanted === "2" || wanted === "3") return Number(wanted) as 2 | 3;
  throw invalid(`--to "${wanted.slice(0, 20)}" is no security profile to climb to`, "Pass --to 2 or --to 3");
}

function readMinutes(args: CommandArgs): number {
  const minutes = Number(args["minutes"] ?? 15);
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= INVENTORY_LIMITS.climbMinutes) return minutes;
  const wanted = `Pass 1 to ${INVENTORY_LIMITS.climbMinutes}`;
  throw invalid(`--minutes "${String(args["minutes"]).slice(0, 20)}" is no number of minutes`, wanted);
}

function showPlan(stationId: string, { hops, refusals }: ClimbPlan): CommandResult {
  const lines = hops.flatMap(({ from, to, steps }) => [
    `Profile ${from} to ${to}:`,
    ...steps.map((step, index) => `  ${index + 1}. ${CLIMB_STEPS[step]}`),
  ]);
  const obstacles = refusals.map(({ rule, reason, hint }) => `Not now: ${reason} (${rule}). ${hint}.`);
  const end = refusals.length === 0 ? ["Begin it with the same command without --plan."] : obstacles;
  return {
    text: [`Climb of ${stationId}`, ...lines, ...end].join("\n"),
    data: { station: stationId, hops: asJson(hops), refusals: asJson(refusals) },
    ok: refusals.length === 0,
  };
}

function refused(stationId: string, { refusals }: ClimbPlan): GatewayError {
  const [first] = refusals;
  const reasons = refusals.map(({ reason, rule }) => `${reason} (${rule})`).join("; ");
  return new GatewayError("STATION_INVALID", `${stationId} cannot climb: ${reasons}`, { hint: first!.hint });
}

const WORDS: Readonly<Record<ClimbRecord["state"], string>> = {
  cancelled: "was cancelled",
  done: "is done",
  failed: "failed",
  reverted: "was taken back: the old profile is in force",
  running: "is under way",
  waiting: "waits for the station; the old and the new profile are accepted",
};

/** A climb as people and machines see it; nothing in it proves anything. */
export function show(record: ClimbRecord): CommandResult {
  const { stationId, state, hops, notes, why, hop, step } = record;
  const lines = hops.flatMap(({ from, to, steps }, hopIndex) => [
    from === to ? "Renewal of its password:" : `Profile ${from} to ${to}:`,
    ...steps.map((name, index) => {
      const note = notes.findLast((one) => one.hop === hopIndex && one.step === name);
      const isNow = !hasEnded(record) && hop === hopIndex && step === index;
      return `  ${note ? note.text.startsWith("failed") ? "x" : "+" : isNow ? ">" : " "} ${CLIMB_STEPS[name]}${
        note ? `: ${note.text}` : ""
      }`;
    }),
  ]);
  const last = hops.at(-1)?.to, isHigher = last !== hops[0]?.from;
  const next = state === "done" && isHigher
    ? [`Now set ocpp.securityProfile: ${last} of it in site.yaml and run \`reload\`.`]
    : [];
  const because = why === undefined ? "" : `: ${why}`;
  return {
    text: [`The climb of ${stationId} ${WORDS[state]}${because}`, ...lines, ...next].join("\n"),
    data: { station: stationId, state, hop, step, hops: asJson(hops), notes: asJson(notes), why: why ?? null },
    ok: state !== "failed" && state !== "reverted",
  };
}

function none(stationId: string): CommandResult {
  return { text: `${stationId} has never climbed.`, data: { station: stationId, state: null } };
}

/** An OCPP version by its subprotocol name; undefined for anything else. */
export function versionOf(value: unknown): Version | undefined {
  return value === "ocpp1.6" || value === "ocpp2.0.1" || value === "ocpp2.1" ? value : undefined;
}

const text = (value: unknown): string | undefined => typeof value === "string" ? value : undefined;
const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;
const invalid = (what: string, hint: string) => new GatewayError("STATION_INVALID", what, { hint });
