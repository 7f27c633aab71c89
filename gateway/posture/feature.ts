import type { GoldenProfile } from "../../policies/golden_types.ts";
import type { Evidence, PostureCheck } from "../../policies/posture_types.ts";
import type { MarkingImage } from "../../policies/firmware_mark.ts";
import type { ControlFeature } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import type { DeviceOperations } from "../core/device_operations_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import { PROBE_WORKER } from "../core/probe_api.ts";
import type { RecoveryOption } from "../core/recovery.ts";
import type { Station } from "../inventory/config.ts";
import { callStation } from "../inventory/station_calls.ts";
import type { PaperSigner } from "../papers/paper.ts";
import type { StationParts } from "../inventory/station_commands.ts";
import { ChangeWatch } from "./change_watch.ts";
import { postureCommands, type SignText } from "./commands.ts";
import type { GatewayKnowledge } from "./gateway_evidence.ts";
import { type AdvisedStation, type Advisories, createAdvisories } from "./advisories/feature.ts";
import { createGolden, type Golden, type GoldenParts } from "./golden/feature.ts";
import { GOLDEN_LIMITS } from "./golden/limits.ts";
import type { Guides } from "./guides.ts";
import { POSTURE_LIMITS } from "./limits.ts";
import { PostureBook } from "./posture_book.ts";
import { PostureEngine, type PostureSources } from "./posture_engine.ts";
import { stationEvidence, type StationKnowledge } from "./station_evidence.ts";
import { probeEvidence, probeTask, probeUnknown } from "./station_probe.ts";
import type { DeviceLine, ProbeLine, StationLine } from "./station_reader.ts";

/** What posture needs of the others. */
export interface PostureFeatureParts {
  readonly stations: StationParts;
  readonly sign: SignText;
  /** Signs the report as a PDF. */
  readonly papers: { signer(): Promise<PaperSigner> };
  /** Seconds that a station's clock is ahead; undefined: it has not told. */
  clockOffsetOf(station: string): number | undefined;
  /** It has told of a security event. */
  tellsSecurityEvents(station: string): boolean;
  /** Verified images of the vault. */
  images(): readonly MarkingImage[];
  /** The ways into a controller whose password is lost; undefined: the site keeps no vault. */
  recovery(station: Station): readonly RecoveryOption[] | undefined;
  /** What is known of the gateway beside its configuration, disk and inbox. */
  gateway(): Promise<Omit<GatewayKnowledge, "site" | "disk" | "inboxStations">>;
  /** What is judged by; read by main, since the reader of YAML wants an environment variable. */
  readonly guides: Guides;
  /** Wanted settings by model, as of the last reload. */
  readonly golden: () => readonly GoldenProfile[];
  /** Operations at controllers' pages; undefined: they are not there yet, or the site has none. */
  readonly devices: () => DeviceOperations | undefined;
  /** Why a station must not be changed now: it charges, or something updates it. */
  readonly whyNotNow: (station: string) => string | undefined;
}

/** The feature, with what tests and others may ask of it. */
export interface PostureFeature extends ControlFeature {
  readonly golden: Golden;
  /** Judges everything now, or waits for the look that runs; it looks by itself all ten minutes. */
  look(): Promise<void>;
  /** One fact of a station as of now; docs/posture.md lists them. */
  evidence(station: string, fact: string): Promise<Evidence>;
}

/** The posture of the site against the makers' guides and standards: judged all the time, asked of devices once a day. */
export async function createPostureFeature(parts: PostureFeatureParts): Promise<PostureFeature> {
  const { context } = parts.stations, { clock, store, timers, log } = context;
  const { guides } = parts;
  const book = await PostureBook.open(store, clock);
  const late: { golden?: Golden; advisories?: Advisories } = {};
  const engine = new PostureEngine(context, guides, book, sourcesOf(parts, late));
  const golden = late.golden = await createGolden({
    ...goldenParts(parts),
    read: (id) => book.subject(id)?.read ?? {},
    reread: async (id) => void await engine.judge(id, "settings"),
  });
  const advisories = late.advisories = await createAdvisories({
    context,
    stations: () => parts.stations.stations.all().flatMap(({ id }) => advisedOf(parts, id) ?? []),
  });
  const lookAll = async () => {
    await engine.look();
    await advisories.look();
  };
  const look = () => {
    lookAll().catch((error) => log.warn("posture.look.failed", { msg: describeError(error) }));
  };
  // not at once: the other features are still being opened
  const cancels = [timers.after(POSTURE_LIMITS.firstLookMs, look), timers.every(POSTURE_LIMITS.lookMs, look)];
  const changes = new ChangeWatch(
    timers,
    POSTURE_LIMITS.changeMs,
    (subject) => engine.judge(subject, false),
    (error) => log.warn("posture.look.failed", { msg: describeError(error) }),
  );
  cancels.push(parts.stations.facts.onLearned((station) => changes.note(station)), () => changes.stop());
  return {
    name: "posture",
    golden,
    reconfigure: () => Promise.resolve(changes.note(...engine.subjects())),
    look: lookAll,
    evidence: async (station, fact) => {
      const known = await knowledgeOf(parts, station);
      return known
        ? stationEvidence(fact, known, clock.now())
        : { is: "unknown", why: `there is no station "${station}"` };
    },
    commands: {
      ...postureCommands({
        context,
        guides,
        book,
        engine,
        sign: parts.sign,
        papers: parts.papers,
        fixOf: (id, line) => golden.fixOf(id, line),
        onRun: () =>
          void golden.look().catch((error) => log.warn("posture.fixes.failed", { msg: describeError(error) })),
      }),
      ...golden.commands,
      ...advisories.commands,
    },
    stop: () => {
      golden.stop();
      return Promise.resolve(cancels.forEach((cancel) => cancel()));
    },
  };
}

function sourcesOf(parts: PostureFeatureParts, late: Late): PostureSources {
  const { context, stations, inbox } = parts.stations;
  return {
    stations: () => stations.all().map(({ id }) => id),
    station: async (id) => {
      const known = await knowledgeOf(parts, id), advised = advisedOf(parts, id);
      return known && { ...known, advisories: advised && late.advisories?.of(advised) };
    },
    unitOf: (id) => stations.get(id)?.unit,
    gateway: async () => ({
      ...await parts.gateway(),
      site: context.site,
      disk: context.disk.level,
      inboxStations: inbox.all().length,
    }),
    ways: (id, checks = []) => ({
      line: lineOf(parts, id),
      device: deviceOf(parts, id),
      probe: probeOf(parts, id, checks),
    }),
    wantedBeside: (id) => late.golden?.wants(id) ?? { ocpp: [], driver: [] },
  };
}

/** What golden configurations need of the inventory and the devices. */
function goldenParts(parts: PostureFeatureParts): Omit<GoldenParts, "read" | "reread"> {
  const { context, stations, facts, live } = parts.stations;
  const operations = (id: string) => stations.get(id)?.ui === undefined ? undefined : parts.devices();
  return {
    ...{ context, profiles: parts.golden, stations: () => stations.all() },
    told: (id) => {
      const model = textOf(facts.of(id)["model"]), protocol = protocolOf(parts, id);
      return { ...model === undefined ? {} : { model }, ...protocol === undefined ? {} : { protocol } };
    },
    fixStation: (id) => {
      const devices = operations(id), ask = { station: id, who: "posture" };
      return {
        line: lineOf(parts, id, GOLDEN_LIMITS.callMs),
        connectedSince: live.ofStation(id)?.since,
        device: devices && {
          read: (keys) => devices.readSettings({ ...ask, keys }),
          write: (settings) => devices.writeSettings({ ...ask, settings }),
        },
      };
    },
    whyNotNow: async (id) => {
      const why = parts.whyNotNow(id);
      if (why !== undefined) return why;
      return await lineOf(parts, id)?.isBusy() ? "it is busy" : undefined;
    },
  };
}

/** Looks from outside; not while it charges or is updated, and only where site.yaml wants them. */
function probeOf(parts: PostureFeatureParts, id: string, checks: readonly PostureCheck[]): ProbeLine | undefined {
  const { context, stations } = parts.stations, station = stations.get(id);
  const task = station && context.site.posture.probe && probeTask(station, checks);
  if (!task) return undefined;
  const not = (why: string) => probeUnknown(`it was not looked at: ${why}`);
  return {
    look: async () => {
      const why = station.ocpp && parts.whyNotNow(id);
      if (why !== undefined) return not(why);
      if (await lineOf(parts, id)?.isBusy()) return not("it is busy");
      try {
        const worker = context.workers.get(PROBE_WORKER);
        const result = await worker.call("probe.look", task, { deadlineMs: POSTURE_LIMITS.probeMs });
        await context.audit.record({
          ...{ event: "posture.station.probed", class: "operation", who: "gateway", target: id, outcome: "ok" },
          detail: { ports: task.ports.length, open: result.ports.filter(([, is]) => is === "open").length },
        });
        return probeEvidence(station, result, context.clock.now());
      } catch (error) {
        if (error instanceof GatewayError) return not(error.message);
        throw error;
      }
    },
  };
}

function deviceOf({ stations: { stations }, devices }: PostureFeatureParts, id: string): DeviceLine | undefined {
  const operations = devices();
  if (!operations || stations.get(id)?.ui === undefined) return undefined;
  const ask = { station: id, who: "posture" };
  return {
    canRead: operations.capabilities(id).can.includes("read"),
    read: (keys) => operations.readSettings({ ...ask, keys }),
    defaults: () => operations.defaultCredentials(ask),
  };
}

/** Parts that are opened after what asks them. */
interface Late {
  readonly golden?: Golden;
  readonly advisories?: Advisories;
}

/** What it says of itself counts where site.yaml says nothing. */
function advisedOf({ stations: { stations, facts } }: PostureFeatureParts, id: string): AdvisedStation | undefined {
  const station = stations.get(id), told = facts.of(id);
  if (!station) return undefined;
  const { vendor, model, unit } = station;
  return {
    ...{ id, unit, model: model ?? textOf(told["model"]), version: textOf(told["firmwareVersion"]) },
    vendor: vendor ?? textOf(told["vendor"]),
  };
}

async function knowledgeOf(parts: PostureFeatureParts, id: string): Promise<StationKnowledge | undefined> {
  const { context, stations, credentials, facts, live } = parts.stations;
  const station = stations.get(id);
  if (!station) return undefined;
  return {
    station,
    site: context.site,
    stations: stations.all(),
    facts: facts.of(id),
    hasFactoryPassword: await credentials.isQuarantined(station),
    provenProfile: live.ofStation(id)?.securityProfile,
    clockOffsetSeconds: parts.clockOffsetOf(id),
    tellsSecurityEvents: parts.tellsSecurityEvents(id),
    images: parts.images(),
    recoveryOptions: parts.recovery(station)?.length,
  };
}

function lineOf(parts: PostureFeatureParts, stationId: string, timeoutMs: number = POSTURE_LIMITS.callMs) {
  const { context, live } = parts.stations, session = live.ofStation(stationId);
  if (!session) return undefined;
  const line: StationLine = {
    protocol: protocolOf(parts, stationId),
    isBusy: async () => {
      try {
        return (await context.workers.get(session.worker).call("station.activity", { stationId })).state === "busy";
      } catch (error) {
        if (error instanceof GatewayError) return true; // the Worker is away: another time
        throw error;
      }
    },
    ask: (action, payload: Json) => callStation({ context, live }, { stationId, action, payload, timeoutMs }),
  };
  return line;
}

/** The OCPP version that it speaks; a session learned from a Worker, or just admitted, does not say. */
function protocolOf({ stations: { stations, facts, live } }: PostureFeatureParts, id: string): string | undefined {
  const [only, ...others] = stations.get(id)?.ocpp?.protocols ?? [];
  return live.ofStation(id)?.protocol ?? textOf(facts.of(id)["protocol"]) ?? (others.length === 0 ? only : undefined);
}

const textOf = (value: unknown): string | undefined => typeof value === "string" ? value : undefined;
