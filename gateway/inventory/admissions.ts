import { Buffer } from "node:buffer";
import { type QuirkName, quirksOf } from "../../profiles/quirks.ts";
import { profileShown } from "../../policies/climb.ts";
import { decideAdmission } from "../../policies/station_admission.ts";
import type { Decision } from "../../policies/decision.ts";
import type { Neighbours } from "../../hal/neighbours.ts";
import type { ControlContext } from "../control/contract.ts";
import type { Admission, StationAttempt } from "../core/control_api.ts";
import { describeError, StorageError } from "../core/errors.ts";
import {
  answersAlike,
  countsAgainst,
  isWorkersRule,
  LIMIT_RULES,
  resourceOf,
  signerOn,
  statusOf,
} from "./admission_answers.ts";
import { AdmissionRecords } from "./admission_records.ts";
import type { AdoptionInbox } from "./adoption_inbox.ts";
import { AttemptLimiter } from "./attempt_limiter.ts";
import { type Duplicate, DuplicateConnections } from "./duplicate_connections.ts";
import type { Climbs } from "./climb/climbs.ts";
import type { Station } from "./config.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import type { LiveSessions } from "./live_sessions.ts";
import { neighbourOf } from "./station_neighbour.ts";
import type { Quarantines } from "./quarantines.ts";
import type { StationCredentials } from "./station_credentials.ts";
import type { ProfileFloor, SecurityProfile } from "./profile_floor.ts";
import { StationPlaces } from "./station_places.ts";
import type { Stations } from "./stations.ts";
import type { StationFacts } from "./station_facts.ts";
import { Turns } from "../core/turns.ts";
import type { Upstreams } from "./upstream/upstreams.ts";
import type { OpenMigration } from "./migration/feature.ts";
import { upstreamRoute } from "./upstream_route.ts";
import type { RefusalMemory } from "./why.ts";

/** Seconds after which to come again, when what is missing is on the gateway's side. */
const RETRY_SECONDS = 30;

/** Decides every station's attempt to connect, and records it before it answers. */
export class Admissions {
  readonly #context: ControlContext;
  readonly #stations: Stations;
  readonly #credentials: StationCredentials;
  readonly #climbs: Climbs;
  readonly #quarantines: Quarantines;
  readonly #neighbours: Neighbours | undefined;
  readonly #floor: ProfileFloor;
  readonly #live: LiveSessions;
  readonly #duplicates: DuplicateConnections;
  readonly #inbox: AdoptionInbox;
  readonly #refusals: RefusalMemory;
  readonly #facts: StationFacts;
  readonly #upstreams: Upstreams;
  readonly #migration: OpenMigration;
  readonly #bySource = limiter(INVENTORY_LIMITS.failuresPerSource);
  readonly #byIdentity = limiter(INVENTORY_LIMITS.failuresPerIdentity);
  /** The same for ids that no station has: made-up ones must not displace those of stations. */
  readonly #byUnknown = limiter(INVENTORY_LIMITS.failuresPerIdentity);
  readonly #places: StationPlaces;
  readonly #records: AdmissionRecords;
  readonly #turns = new Turns();
  /** Subjects of standing alarms, with the limiter that says when they are over. */
  readonly #limited = new Map<string, AttemptLimiter>();

  constructor(
    context: ControlContext,
    parts: {
      stations: Stations;
      credentials: StationCredentials;
      quarantines: Quarantines;
      climbs: Climbs;
      neighbours?: Neighbours | undefined;
      floor: ProfileFloor;
      live: LiveSessions;
      inbox: AdoptionInbox;
      refusals: RefusalMemory;
      facts: StationFacts;
      upstreams: Upstreams;
      migration: OpenMigration;
    },
  ) {
    this.#context = context;
    this.#records = new AdmissionRecords(context);
    this.#stations = parts.stations;
    this.#credentials = parts.credentials;
    this.#climbs = parts.climbs;
    this.#quarantines = parts.quarantines;
    this.#neighbours = parts.neighbours;
    this.#floor = parts.floor;
    this.#live = parts.live;
    this.#duplicates = new DuplicateConnections(context, parts.live);
    this.#inbox = parts.inbox;
    this.#refusals = parts.refusals;
    this.#facts = parts.facts;
    this.#places = new StationPlaces(parts.stations, parts.facts);
    this.#upstreams = parts.upstreams;
    this.#migration = parts.migration;
  }

  /** Clears the alarms of those who may try again. */
  async settle(): Promise<void> {
    const now = this.#context.clock.monotonic();
    for (const [subject, limiter] of this.#limited) {
      if (limiter.isLimited(subject, now)) continue;
      this.#limited.delete(subject);
      await this.#context.alarms.clear("station.attempts.limited", subject);
    }
  }

  /** The answer to one attempt that came through `worker`. */
  async admit(worker: string, attempt: StationAttempt, context = this.#context): Promise<Admission> {
    const station = this.#stations.get(attempt.stationId);
    // In turn per source and per identity: guesses that come together must not all pass a limit that none has reached.
    const keys = [`source ${attempt.source}`, `station ${attempt.stationId}`];
    const decision = await this.#turns.run(keys, async () => {
      const judged = await this.#decide(station, attempt, context);
      if (judged.effect === "deny") this.#countFailure(judged.rule, attempt, answersAlike(context));
      return judged;
    });
    if (decision.effect === "deny") {
      const named = this.#stations.erased.named(decision, attempt.stationId);
      return await this.#refuse(named, attempt, answersAlike(context));
    }
    if (context.disk.level === "full" && context.site.audit.diskFull === "stop-accepting") {
      return await this.#turnAway("admission.disk-full", "the data disk is full", 60, attempt);
    }
    if (this.#live.isFull || !station?.ocpp || !context.site.ocpp) {
      return await this.#turnAway("admission.capacity", "the gateway holds all the sessions it can", 30, attempt);
    }
    const securityProfile = this.#profileOf(station, attempt), tried = this.#climbs.between(station.id)?.to;
    const credential = await this.#credentialOf(station, securityProfile, attempt, context);
    const duplicate = await this.#duplicates.judge(station.id, credential, attempt.source);
    if (duplicate) return await this.#refuseDuplicate(duplicate, attempt);
    const { upstream, ...place } = await this.#placeOf(station, context.site.ocpp, attempt, context);
    const session = crypto.randomUUID();
    await this.#records.record({
      event: "station.session.admitted",
      class: "access",
      who: station.id,
      target: upstream.csms,
      outcome: "ok",
      rule: decision.rule,
      source: attempt.source,
      detail: { session, listener: attempt.listener, tls: attempt.tls },
    });
    this.#places.remember(attempt);
    // What a climb tries becomes the floor when it is verified: until then the old profile is its way back.
    // Which it was when the attempt was judged: the climb may have been cancelled since, and its certificate revoked.
    if (tried !== securityProfile) await this.#prove(station.id, securityProfile);
    await this.#learnCertificate(station.id, attempt.certificate?.serial);
    this.#live.propose({
      session,
      stationId: station.id,
      worker,
      source: attempt.source,
      securityProfile,
      csms: upstream.csms,
      credential,
      since: context.clock.now(),
    });
    const { protocols, validation } = station.ocpp, quirks = quirksOf({ ...station, ...station.ocpp });
    return {
      admit: true,
      rule: decision.rule,
      session,
      stationId: station.id,
      protocols,
      securityProfile,
      validation,
      quirks,
      resource: resourceOf(station),
      upstream,
      ...place,
      stationCertificates: signerOn(attempt.listener, context.site),
    };
  }

  /** Where a station is led, beside its CSMS and as what: in quarantine it is led there, too, and hardly heard. */
  async #placeOf(
    station: Station,
    ocpp: NonNullable<ControlContext["site"]["ocpp"]>,
    attempt: StationAttempt,
    { files }: ControlContext,
  ) {
    const { migrations } = this.#migration;
    await migrations.settled(station.id);
    const placed = this.#stations.get(station.id) ?? station; // a migration may have moved it meanwhile
    const configured = upstreamRoute(placed, attempt, ocpp, files);
    const { choices, profile, renewAt } = await this.#upstreams.choicesFor(station.id, configured);
    const mirrors = migrations.mirrorsOf(placed);
    return {
      upstream: choices[0]!.route,
      upstreamChoices: choices,
      upstreamProfile: profile,
      ...renewAt === undefined ? {} : { certificateRenewAt: renewAt },
      ...this.#quarantines.of(station.id) || await this.#credentials.isQuarantined(station)
        ? { quarantine: true as const }
        : {},
      ...mirrors.length > 0 ? { mirrors } : {},
      ...migrations.admitted(placed),
    };
  }

  async #decide(station: Station | undefined, attempt: StationAttempt, context: ControlContext): Promise<Decision> {
    const now = context.clock.monotonic();
    const password = attempt.basic ? new Uint8Array(Buffer.from(attempt.basic.password, "base64")) : undefined;
    const identityKey = this.#places.keyOf(attempt);
    const sourceLimited = identityKey === attempt.stationId && this.#bySource.isLimited(attempt.source, now);
    const identityLimited = station
      ? this.#byIdentity.isLimited(identityKey, now)
      : answersAlike(context) && this.#byUnknown.isLimited(identityKey, now);
    const isLimited = sourceLimited || identityLimited; // then no password needs a hash
    const quirks = station?.ocpp ? quirksOf({ ...station, ...station.ocpp }) : [];
    const wantedProfile = station ? this.#profileOf(station, attempt) : 3;
    const fromOwnAddress = station?.address !== undefined && station.address === attempt.source;
    const asksNeighbour = station && wantedProfile === 0 && fromOwnAddress && !isLimited;
    return decideAdmission({
      stationId: attempt.stationId,
      inventoryId: station?.ocpp ? station.id : undefined,
      wantedProfile,
      lowestProfile: station ? this.#floor.of(station.id, context.clock.now()) : 0,
      tls: attempt.tls,
      basicUser: attempt.basic && Buffer.from(attempt.basic.user, "base64").toString("latin1"),
      passwordProven: isLimited || !password ? undefined : await this.#provesPassword(station, password, context),
      certificateCommonName: attempt.certificate?.commonName,
      certificateFault: attempt.setAside,
      namesOtherStation: this.#isOther(attempt.certificate?.commonName ?? attempt.setAside?.commonName, attempt),
      isMisdirected: attempt.isMisdirected === true,
      fromOwnAddress,
      ...asksNeighbour ? { neighbour: await neighbourOf(station, attempt.source, this.#neighbours, context.log) } : {},
      sourceLimited,
      identityLimited,
      anyUser: quirks.includes("any-basic-user"),
      missingQuirk: attempt.needs?.find((name) => !quirks.includes(name as QuirkName)),
      allowedProtocols: station?.ocpp?.protocols ?? [],
      offeredProtocols: attempt.offeredProtocols,
    });
  }

  /** The profile this attempt is judged by: the one in force, or while the station climbs the one it shows. */
  #profileOf({ id, ocpp }: Station, attempt: StationAttempt): SecurityProfile {
    const between = this.#climbs.between(id);
    if (!between) return ocpp?.securityProfile ?? 3;
    const { tls, basic, certificate } = attempt;
    return profileShown({ tls, hasBasic: basic !== undefined, hasCertificate: certificate !== undefined }, between);
  }

  /** Whether a certificate's name is that of another station; makers write serial numbers there, which are none. */
  #isOther(commonName: string | undefined, { stationId }: StationAttempt): boolean {
    return commonName !== undefined && commonName !== stationId && this.#stations.get(commonName) !== undefined;
  }

  async #provesPassword(
    station: Station | undefined,
    password: Uint8Array<ArrayBuffer>,
    context: ControlContext,
  ): Promise<boolean | undefined> {
    const { files } = context;
    if (station) {
      if (await this.#credentials.proves(station, password, files)) return true;
      if (await this.#climbs.provesPending(station.id, password)) return true;
      if (await this.#credentials.provesFactory(station, password, files)) return true;
    }
    // The answer is the same for all that fail, so its time must be: each costs one slow hash (O-23).
    if (answersAlike(context)) await this.#credentials.waste(station, password, files);
    return station && false;
  }

  #countFailure(rule: string, attempt: StationAttempt, alike: boolean): void {
    const against = countsAgainst(rule, alike);
    if (against === "none") return;
    const now = this.#context.clock.monotonic();
    this.#bySource.fail(attempt.source, now);
    if (against === "source") return;
    const limiter = this.#stations.get(attempt.stationId) ? this.#byIdentity : this.#byUnknown;
    limiter.fail(this.#places.keyOf(attempt), now);
  }

  async #refuse(
    decision: Decision & { effect: "deny" },
    attempt: StationAttempt,
    alike: boolean,
  ): Promise<Admission> {
    const { rule } = decision;
    const now = this.#context.clock.monotonic();
    this.#context.metrics.count("bulkhead_ocpp_admissions_refused_total", { rule });
    if (!attempt.isMisdirected) this.#refusals.note(attempt, rule, decision.reason, this.#context.clock.now());
    if (LIMIT_RULES.has(rule)) return await this.#refuseLimited(decision, attempt, now);
    if (rule === "admission.unknown-station" && !attempt.needs) {
      const noted = this.#inbox.note(attempt);
      // A station's refusal waits for no such write.
      if (alike) {
        noted.catch((error) => this.#context.log.warn("stations.inbox.unstored", { msg: describeError(error) }));
      } else await noted;
    }
    if (!isWorkersRule(rule)) await this.#records.refused(rule, decision.reason, attempt);
    const status = statusOf(rule, alike);
    return status === 503
      ? { admit: false, rule, status, retryAfterSeconds: RETRY_SECONDS }
      : { admit: false, rule, status };
  }

  async #refuseLimited({ rule, reason }: Decision & { effect: "deny" }, attempt: StationAttempt, now: number) {
    const isKnown = this.#stations.get(attempt.stationId) !== undefined, ofSource = rule === "admission.source-limited";
    const subject = ofSource ? attempt.source : this.#places.keyOf(attempt);
    const limiter = ofSource ? this.#bySource : isKnown ? this.#byIdentity : this.#byUnknown;
    await this.#records.refusedAgain(subject, rule, reason, attempt);
    // Made-up ids are as many as a guesser likes: no alarm for each.
    if (ofSource || isKnown) {
      this.#limited.set(subject, limiter);
      await this.#context.alarms.raise({ kind: "station.attempts.limited", subject, detail: rule });
    }
    const retryAfterSeconds = limiter.retryAfterSeconds(subject, now);
    return { admit: false, rule, status: 429, retryAfterSeconds } as const;
  }

  /** It proved itself, and there is no room for it: the box's own fault, so no failed attempt. */
  async #turnAway(
    rule: string,
    reason: string,
    retryAfterSeconds: number,
    attempt: StationAttempt,
  ): Promise<Admission> {
    this.#context.metrics.count("bulkhead_ocpp_admissions_refused_total", { rule });
    this.#refusals.note(attempt, rule, reason, this.#context.clock.now());
    await this.#records.refusedAgain(attempt.stationId, rule, reason, attempt);
    return { admit: false, rule, status: 503, retryAfterSeconds };
  }

  /** It proved itself, so it is no failed attempt; only the alarm says how often it happens. */
  async #refuseDuplicate({ rule, reason, retryAfterSeconds }: Duplicate, attempt: StationAttempt): Promise<Admission> {
    this.#context.metrics.count("bulkhead_ocpp_admissions_refused_total", { rule });
    this.#refusals.note(attempt, rule, reason, this.#context.clock.now());
    if (rule === "admission.flapping") {
      await this.#records.refusedAgain(attempt.stationId, rule, reason, attempt);
      return { admit: false, rule, status: 429, retryAfterSeconds };
    }
    await this.#records.refused(rule, reason, attempt);
    return { admit: false, rule, status: 503, retryAfterSeconds };
  }

  async #credentialOf(
    station: Station,
    profile: SecurityProfile,
    { certificate, source }: StationAttempt,
    { files }: ControlContext,
  ) {
    if (profile === 0) return `address ${source}`;
    if (profile === 3) return `certificate ${certificate?.fingerprint ?? ""}`;
    return await this.#credentials.identify(station, files);
  }

  /** A full disk must not keep a station away: what it proved is then known until the next start. */
  async #prove(stationId: string, profile: 0 | 1 | 2 | 3): Promise<void> {
    try {
      if (!await this.#floor.prove(stationId, profile, this.#context.clock.now())) return;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#context.log.error("stations.profile.unstored", {
        station: stationId,
        code: error.code,
        msg: error.message,
      });
      return;
    }
    const detail = { profile };
    await this.#records.record({
      event: "station.profile.proven",
      class: "security",
      who: stationId,
      outcome: "ok",
      detail,
    });
  }

  /** `station replace` revokes the certificate that came last, whoever signed it. A full disk keeps no station away. */
  async #learnCertificate(stationId: string, serial: string | undefined): Promise<void> {
    if (serial === undefined) return;
    try {
      await this.#facts.learn(stationId, { certificateSerial: serial });
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#context.log.error("stations.certificate.unstored", { station: stationId, code: error.code });
    }
  }
}

function limiter(limit: number): AttemptLimiter {
  const { failureWindowSeconds, trackedAttempts } = INVENTORY_LIMITS;
  return new AttemptLimiter({ limit, windowSeconds: failureWindowSeconds, tracked: trackedAttempts });
}
