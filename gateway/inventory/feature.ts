import type { Neighbours } from "../../hal/neighbours.ts";
import type { Site } from "../config/schema.ts";
import type { CommandHandler, ControlContext, ControlFeature } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { describeError } from "../core/errors.ts";
import { AdoptionInbox } from "./adoption_inbox.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import { EndMemory, RefusalMemory } from "./why.ts";
import { Admissions } from "./admissions.ts";
import { controllerRoute } from "./csms_calls.ts";
import { callCommand } from "./call_command.ts";
import { climbCommand } from "./climb/command.ts";
import { Climbs, type StationSigner } from "./climb/climbs.ts";
import { ClimbRecords } from "./climb/record.ts";
import type { ListenerRoots } from "./climb/target.ts";
import { listCsms } from "./csms_command.ts";
import { renewCommand, renewQuarantined } from "./renewal.ts";
import { lowerProfileCommand, refuseLowered } from "./lower_profile.ts";
import { type LiveSession, LiveSessions } from "./live_sessions.ts";
import { StationCredentials } from "./station_credentials.ts";
import { stationCommands, type StationParts } from "./station_commands.ts";
import { type OpenMigration, openMigration } from "./migration/feature.ts";
import { ProfileFloor } from "./profile_floor.ts";
import { RaisedProfiles } from "./raised_profiles.ts";
import { type Facts, StationFacts } from "./station_facts.ts";
import { Quarantines } from "./quarantines.ts";
import { Stations } from "./stations.ts";
import { UpstreamRecords } from "./upstream/upstream_record.ts";
import { Upstreams } from "./upstream/upstreams.ts";
import type { SlowHasher, VerifierTools } from "./station_verifier.ts";

/** Milliseconds between two looks at alarms about limited attempts. */
const SETTLE_MS = 30_000;

/** What the inventory needs of the site's PKI: to sign for a station that climbs, and to know what it must trust. */
export type StationPki = StationSigner & ListenerRoots;

/** Which device has an address, as hald sees it. @throws HardwareError when hald is away */
export type StationNeighbours = Neighbours;

/** The inventory as a feature of control: admission, live sessions, adoption inbox, facts and the station commands. */
export async function createInventoryFeature(
  context: ControlContext,
  pki: StationPki,
  neighbours?: StationNeighbours,
): Promise<ControlFeature & { readonly parts: StationParts; readonly migration: OpenMigration }> {
  const { store, clock, random, sealer, site } = context;
  const tools = { key: await sealer.derive("station-passwords"), hasher: hasherOf(context), randomBytes: random.bytes };
  const parts = await openParts(context, tools);
  const migration = await openMigration(context, parts.stations, parts.live);
  const climbs = new Climbs({ station: parts, records: await ClimbRecords.open(store), tools, signer: pki });
  parts.climbing.forget = (stationId, who) => climbs.forget(stationId, who);
  climbs.resume();
  const admissions = new Admissions(context, { ...parts, climbs, migration, neighbours });
  const stop = context.timers.every(SETTLE_MS, () => {
    admissions.settle().catch((error) => context.log.warn("stations.alarm.unsettled", { msg: describeError(error) }));
  });
  /** A reload that fails later gives back a site that was in force: that must never fault. */
  const accepted = new WeakSet<Site>([site]);
  return {
    name: "inventory",
    parts,
    migration,
    commands: commandsOf(parts, climbs, pki),
    handlers: {
      "controller.route": ({ csms }) => controllerRoute(context, csms),
      "stations.expected": async ({ stationId, payload }) => ({ payload: await climbs.expected(stationId, payload) }),
      "stations.quarantined": async ({ stationId }) => {
        if (parts.quarantines.of(stationId)) return; // a person wants it so: no word of its factory's password
        await noteQuarantine(parts, stationId);
        renewQuarantined({ station: parts, climbs }, stationId);
      },
      // The Worker itself records the end, with what it counted.
      "stations.left": ({ session, why }) => {
        const ended = parts.live.remove(session);
        if (!ended) return;
        parts.ends.note(ended, why, clock.now());
        migration.migrations.left(ended, why).catch((error) =>
          context.log.error("migration.station.unmoved", { station: ended.stationId, msg: describeError(error) })
        );
      },
      "stations.seen": async ({ stationId, facts }) => {
        await noteIdentity(parts, stationId, facts);
        const changed = await parts.facts.learn(stationId, (known) => ownWord(known, facts));
        if (changed.includes("firmwareVersion")) await noteFirmware(parts, stationId);
      },
    },
    handlersFor: (worker) => ({
      "stations.admit": (attempt) => admissions.admit(worker, attempt),
      "stations.entered": (opened) => entered(parts, worker, opened),
    }),
    workerJoined: (worker) => relearn(parts, worker),
    workerLeft: async (worker) => {
      for (const lost of parts.live.removeWorker(worker)) await recordLost(context, lost);
    },
    stop: async () => {
      climbs.stop();
      stop();
    },
    reconfigure: async (next) => {
      if (!accepted.has(next)) refuseLowered(parts, next);
      accepted.add(next);
      parts.stations.reconfigure(next);
    },
  };
}

/** Opens the parts of the inventory from the store. */
async function openParts(context: ControlContext, tools: VerifierTools): Promise<StationParts> {
  const { store, clock, sealer, site } = context;
  const raised = await RaisedProfiles.open(store);
  const stations = await Stations.open(store, site, raised);
  const live = new LiveSessions();
  return {
    context,
    stations,
    credentials: new StationCredentials(store, tools),
    live,
    upstreams: new Upstreams({ context, stations, live }, await UpstreamRecords.open(store, sealer)),
    floor: await ProfileFloor.open(store),
    raised,
    inbox: await AdoptionInbox.open(store, clock),
    facts: await StationFacts.open(store),
    climbing: {},
    hardware: {},
    network: {},
    ends: new EndMemory(INVENTORY_LIMITS.liveSessions),
    quarantines: await Quarantines.open(context, live),
    refusals: new RefusalMemory(INVENTORY_LIMITS.inboxEntries),
  };
}

/** All commands about stations. */
function commandsOf(parts: StationParts, climbs: Climbs, pki: StationPki): Readonly<Record<string, CommandHandler>> {
  const { "station credential": renew, ...others } = stationCommands(parts);
  return {
    ...others,
    "csms list": () => listCsms(parts.context, parts.live),
    "station call": (args, who) => callCommand(parts, args, who),
    "station climb": (args, who) => climbCommand({ station: parts, climbs, roots: pki }, args, who),
    "station credential": async (args, who) => {
      const given = await renew!(args, who);
      await climbs.dropPending(String(args["station"]));
      return given;
    },
    "station renew": (args, who) => renewCommand({ station: parts, climbs }, args, who),
    "station lower-profile": (args, who) => lowerProfileCommand(parts, args, who),
  };
}

function hasherOf({ workers }: ControlContext): SlowHasher {
  const hasher = () => workers.get("hasher");
  return {
    hash: async (password) => (await hasher().call("hasher.hash", { password })).hash,
    verify: async (password, hash) => (await hasher().call("hasher.verify", { password, hash })).ok,
  };
}

/** A station booted with the password of its factory. */
async function noteQuarantine({ context, live }: StationParts, stationId: string): Promise<void> {
  const session = live.ofStation(stationId);
  await context.audit.record({
    event: "station.session.quarantined",
    class: "security",
    who: stationId,
    outcome: "ok",
    rule: "admission.factory-password",
    ...session ? { source: session.source } : {},
  });
}

/** The new connection stands: now, and not before, the older one goes. */
async function entered(
  { context, live }: StationParts,
  worker: string,
  { session, protocol }: { readonly session: string; readonly protocol: string },
): Promise<void> {
  const replaced = live.open(session, protocol);
  if (replaced === undefined) return;
  const [target, gone, why] = replaced === "unknown"
    ? [worker, session, "its admission was withdrawn before it was open"]
    : [replaced.worker, replaced.session, "replaced by a newer connection with the same proven credential"];
  try {
    await context.workers.get(target).call("sessions.close", { sessions: [gone], why });
  } catch (error) {
    context.log.warn("stations.session.close_failed", { session: gone, msg: describeError(error) });
  }
}

/** A Worker that ended by a fault can record nothing: control does it for each of its sessions. */
async function recordLost(
  { audit }: ControlContext,
  { session, stationId, source, worker }: LiveSession,
): Promise<void> {
  await audit.record({
    event: "station.session.lost",
    class: "operation",
    who: stationId,
    outcome: "failed",
    source,
    detail: { session, worker },
  });
}

/** After control's restart the Workers still hold their sessions: ask them, so that duplicates are seen again. */
async function relearn({ context, live }: StationParts, worker: string): Promise<void> {
  if (!context.workers.of("ocpp").includes(worker)) return;
  try {
    const sessions = await context.workers.get(worker).call("stations.live", {});
    for (const session of sessions as unknown as readonly LiveSession[]) live.add({ ...session, worker });
  } catch (error) {
    context.log.warn("stations.live.unread", { worker, msg: describeError(error) });
  }
}

/** A version that the station itself tells takes the place of what a driver or a person said of it. */
function ownWord({ versionBy }: Facts, learned: Facts): Facts {
  const isOther = versionBy !== undefined && versionBy !== "";
  return isOther && learned["firmwareVersion"] !== undefined ? { ...learned, versionBy: "" } : learned;
}

/** What a station says of itself at its boot, and no longer as it did: told before the new word replaces the old. */
async function noteIdentity({ context, facts }: StationParts, stationId: string, said: Facts): Promise<void> {
  const before = facts.of(stationId);
  const changes = IDENTITY.filter((name) => {
    return before[name] !== undefined && said[name] !== undefined && before[name] !== said[name];
  });
  if (changes.length === 0) return;
  const text = changes.map((name) => `${name}: ${before[name]} became ${said[name]}`).join(", ");
  await context.audit.record({
    event: "station.identity.changed",
    class: "security",
    who: stationId,
    outcome: "failed",
    detail: { changes: text.slice(0, 200) },
  });
}

/** Facts that a station keeps for its life. */
const IDENTITY = ["vendor", "model", "serial", "boxSerial"] as const;

async function noteFirmware({ context, facts }: StationParts, stationId: string): Promise<void> {
  const version: Json = facts.of(stationId)["firmwareVersion"] ?? null;
  await context.audit.record({
    event: "station.firmware.changed",
    class: "operation",
    who: stationId,
    outcome: "ok",
    detail: { firmwareVersion: String(version) },
  });
}
