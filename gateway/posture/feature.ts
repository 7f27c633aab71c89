import type { MarkingImage } from "../../policies/firmware_mark.ts";
import type { ControlFeature } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import type { RecoveryOption } from "../core/recovery.ts";
import type { Station } from "../inventory/config.ts";
import { callStation } from "../inventory/station_calls.ts";
import type { StationParts } from "../inventory/station_commands.ts";
import { postureCommands, type SignText } from "./commands.ts";
import type { GatewayKnowledge } from "./gateway_evidence.ts";
import type { Guides } from "./guides.ts";
import { POSTURE_LIMITS } from "./limits.ts";
import { PostureBook } from "./posture_book.ts";
import { PostureEngine, type PostureSources, type StationLine } from "./posture_engine.ts";
import type { StationKnowledge } from "./station_evidence.ts";

/** What posture needs of the others. */
export interface PostureFeatureParts {
  readonly stations: StationParts;
  readonly sign: SignText;
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
}

/** The feature, with what tests and others may ask of it. */
export interface PostureFeature extends ControlFeature {
  /** Judges everything now, or waits for the look that runs; it looks by itself all ten minutes. */
  look(): Promise<void>;
}

/** The posture of the site against the makers' guides and standards: judged all the time, asked of devices once a day. */
export async function createPostureFeature(parts: PostureFeatureParts): Promise<PostureFeature> {
  const { context } = parts.stations, { clock, store, timers, log } = context;
  const { guides } = parts;
  const book = await PostureBook.open(store, clock);
  const engine = new PostureEngine(context, guides, book, sourcesOf(parts));
  const look = () => {
    engine.look().catch((error) => log.warn("posture.look.failed", { msg: describeError(error) }));
  };
  // not at once: the other features are still being opened
  const cancels = [timers.after(POSTURE_LIMITS.firstLookMs, look), timers.every(POSTURE_LIMITS.lookMs, look)];
  return {
    name: "posture",
    look: () => engine.look(),
    commands: postureCommands({ context, guides, book, engine, sign: parts.sign }),
    stop: () => Promise.resolve(cancels.forEach((cancel) => cancel())),
  };
}

function sourcesOf(parts: PostureFeatureParts): PostureSources {
  const { context, stations, inbox, live } = parts.stations;
  return {
    stations: () => stations.all().map(({ id }) => id),
    station: (id) => knowledgeOf(parts, id),
    gateway: async () => ({
      ...await parts.gateway(),
      site: context.site,
      disk: context.disk.level,
      inboxStations: inbox.all().length,
    }),
    line: (id) => {
      const session = live.ofStation(id);
      return session && lineOf(parts, id, session);
    },
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

function lineOf(
  { stations: { context, facts, live, stations } }: PostureFeatureParts,
  stationId: string,
  { worker, protocol }: { readonly worker: string; readonly protocol?: string },
): StationLine {
  const [only, ...others] = stations.get(stationId)?.ocpp?.protocols ?? [];
  return {
    // a session learned from a Worker, or just admitted, does not say
    protocol: protocol ?? textOf(facts.of(stationId)["protocol"]) ?? (others.length === 0 ? only : undefined),
    isBusy: async () => {
      try {
        return (await context.workers.get(worker).call("station.activity", { stationId })).state === "busy";
      } catch (error) {
        if (error instanceof GatewayError) return true; // the Worker is away: another time
        throw error;
      }
    },
    ask: (action, payload: Json) =>
      callStation({ context, live }, { stationId, action, payload, timeoutMs: POSTURE_LIMITS.callMs }),
  };
}

const textOf = (value: unknown): string | undefined => typeof value === "string" ? value : undefined;
