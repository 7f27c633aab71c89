import { decideDuplicate } from "../../policies/station_duplicate.ts";
import type { ControlContext } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import { AttemptLimiter } from "./attempt_limiter.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import type { LiveSession, LiveSessions } from "./live_sessions.ts";

/** Why a connection beside an open one is refused. */
export interface Duplicate {
  readonly rule: string;
  readonly reason: string;
  readonly retryAfterSeconds: number;
}

/** Seconds after which a refused second connection may ask again. */
const RETRY_SECONDS = 30;

/**
 * O-25: what becomes of a proven connection while another of the same station is open. Only proven ones come here, so
 * that nobody without the credential can even cause a ping.
 */
export class DuplicateConnections {
  readonly #context: Pick<ControlContext, "alarms" | "clock" | "log" | "workers">;
  readonly #live: LiveSessions;
  readonly #flaps = limiter(INVENTORY_LIMITS.duplicates);
  /** Stations whose alarm was raised within the window: a hundred flaps are one alarm. */
  readonly #alarmed = limiter(1);
  /** Probes under way by session: many attempts at once ask the older connection once. */
  readonly #probes = new Map<string, Promise<boolean>>();

  constructor(context: Pick<ControlContext, "alarms" | "clock" | "log" | "workers">, live: LiveSessions) {
    this.#context = context;
    this.#live = live;
  }

  /** Judges a proven attempt from `source`; undefined when it may enter. */
  async judge(stationId: string, credential: string, source: string): Promise<Duplicate | undefined> {
    const older = this.#live.ofStation(stationId);
    if (!older) return undefined;
    const now = this.#context.clock.monotonic();
    // By address: who flaps elsewhere must not keep the station away when its own connection is dead.
    const place = `${stationId} ${source}`;
    const isFlapping = this.#flaps.isLimited(place, now);
    const olderAnswers = !isFlapping && await this.#answers(older);
    const holder = this.#live.ofStation(stationId);
    if (!isFlapping && !holder) return undefined; // it left while it was asked
    const sameCredential = older.credential === undefined ? undefined : older.credential === credential;
    // Somebody else took the place meanwhile: that one was not asked, so it counts as living.
    const decision = decideDuplicate({
      isFlapping,
      olderAnswers: olderAnswers || (holder !== undefined && holder !== older),
      sameCredential,
    });
    if (decision.effect === "allow") return undefined; // a dead one's place may be taken as often as a bad line needs it
    this.#flaps.fail(place, now);
    if (decision.rule === "admission.duplicate-credential") await this.#closeDead(older);
    await this.#alarm(stationId, `${decision.rule} from ${source}`);
    const retryAfterSeconds = isFlapping ? this.#flaps.retryAfterSeconds(place, now) : RETRY_SECONDS;
    return { rule: decision.rule, reason: decision.reason, retryAfterSeconds };
  }

  #answers(older: LiveSession): Promise<boolean> {
    const known = this.#probes.get(older.session);
    if (known) return known;
    const probe = this.#probe(older).finally(() => this.#probes.delete(older.session));
    this.#probes.set(older.session, probe);
    return probe;
  }

  async #probe({ worker, session, stationId }: LiveSession): Promise<boolean> {
    try {
      const withinMs = INVENTORY_LIMITS.probeMs;
      return (await this.#context.workers.get(worker).call("sessions.probe", { session, withinMs })).alive;
    } catch (error) {
      // Its Worker is gone or hangs: whatever it held does not charge a car any more.
      this.#context.log.warn("stations.session.probe_failed", { station: stationId, msg: describeError(error) });
      return false;
    }
  }

  /** A dead connection of another credential makes room, so that the next attempt finds none. */
  async #closeDead({ worker, session, stationId }: LiveSession): Promise<void> {
    try {
      const why = "it gave no sign of life";
      await this.#context.workers.get(worker).call("sessions.close", { sessions: [session], why });
    } catch (error) {
      this.#context.log.warn("stations.session.close_failed", { station: stationId, msg: describeError(error) });
    }
  }

  async #alarm(stationId: string, detail: string): Promise<void> {
    const now = this.#context.clock.monotonic();
    if (this.#alarmed.isLimited(stationId, now)) return;
    this.#alarmed.fail(stationId, now);
    await this.#context.alarms.raise({ kind: "station.connection.duplicate", subject: stationId, detail });
  }
}

function limiter(limit: number): AttemptLimiter {
  const { failureWindowSeconds, trackedAttempts } = INVENTORY_LIMITS;
  return new AttemptLimiter({ limit, windowSeconds: failureWindowSeconds, tracked: trackedAttempts });
}
