import { driftOf, judgeLine, scoreOf } from "../../policies/posture.ts";
import type { Evidence, Finding, PostureCheck, Score } from "../../policies/posture_types.ts";
import type { ControlContext } from "../control/contract.ts";
import { gatewayEvidence, type GatewayKnowledge } from "./gateway_evidence.ts";
import type { Guides, LineOfGuide } from "./guides.ts";
import { POSTURE_LIMITS } from "./limits.ts";
import type { PostureBook, SubjectRecord } from "./posture_book.ts";
import { stationEvidence, type StationKnowledge } from "./station_evidence.ts";
import { BLOCKED, blockedWhy } from "./station_probe.ts";
import { readName, readStation, type StationWays, type Wanted, wantedBy } from "./station_reader.ts";
import { type JudgedStation, type UnitScore, unitScores } from "./unit_scores.ts";

/** The name of the gateway as a subject beside the stations. */
export const GATEWAY_SUBJECT = "gateway";

/** Where the engine gets what it judges. */
export interface PostureSources {
  stations(): readonly string[];
  station(id: string): Promise<StationKnowledge | undefined>;
  /** The unit that it is a part of. */
  unitOf(id: string): string | undefined;
  gateway(): Promise<GatewayKnowledge>;
  /** How this station can be asked now. */
  ways(id: string, checks?: readonly PostureCheck[]): StationWays;
  /** What others than guides want to be read of it: the settings of its golden configuration. */
  wantedBeside(id: string): Pick<Wanted, "driver" | "ocpp">;
}

/** How one subject stands. */
export interface SubjectPosture {
  readonly subject: string;
  readonly score: Score;
  readonly findings: readonly Finding[];
  readonly readAt?: number;
}

type Context = Pick<ControlContext, "alarms" | "audit" | "clock">;

/**
 * Judges every line of every guide for every subject, and notices what drifts. Devices are asked seldom and one after the
 * other: once a day, not while they charge unless they have charged for days, never twice at the same time.
 */
export class PostureEngine {
  /** The next station to be looked at, so that a site of many has its turn. */
  #turn = 0;
  #running = Promise.resolve();
  #looking: Promise<void> | undefined;

  constructor(
    private readonly context: Context,
    private readonly guides: Guides,
    private readonly book: PostureBook,
    private readonly sources: PostureSources,
  ) {}

  /** All subjects: the gateway, then the stations. */
  subjects(): readonly string[] {
    return [GATEWAY_SUBJECT, ...this.sources.stations()];
  }

  /** Lines of a subject; undefined for an unknown one. */
  async linesOf(subject: string): Promise<readonly LineOfGuide[] | undefined> {
    if (subject === GATEWAY_SUBJECT) return this.guides.forGateway();
    const known = await this.sources.station(subject);
    return known && this.#linesOf(known);
  }

  /** How a subject stood when it was last judged; undefined when it never was. */
  standing(subject: string): SubjectPosture | undefined {
    const record = this.book.subject(subject);
    return record && this.#posture(subject, record);
  }

  /** The units of the site: pairs, cabinets with their dispensers. */
  unitScores(): readonly UnitScore[] {
    const judged = this.sources.stations().flatMap((station): JudgedStation[] => {
      const findings = this.book.subject(station)?.findings;
      return findings ? [{ station, unit: this.sources.unitOf(station), findings }] : [];
    });
    return unitScores(judged, (line) => this.#severityOf(line));
  }

  /** Everything together. */
  siteScore(): Score {
    const all = this.subjects().flatMap((subject) => this.book.subject(subject)?.findings ?? []);
    return scoreOf(all, (line) => this.#severityOf(line));
  }

  /**
   * Judges a subject by what is known now, one after the other. `ask`: its device is asked first; "settings": for its
   * settings alone, without a look from outside.
   */
  async judge(subject: string, ask: boolean | "settings"): Promise<SubjectPosture | undefined> {
    const judged = this.#running.then(() => this.#judge(subject, ask));
    this.#running = judged.then(() => undefined, () => undefined);
    return await judged;
  }

  /** What is due: everything is judged anew, one station is asked. A look that runs is waited for, not doubled. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => this.#looking = undefined);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const stations = this.sources.stations();
    const due = await this.#nextToAsk(stations);
    for (const subject of this.subjects()) await this.judge(subject, subject === due);
    await this.book.keepOnly(new Set(this.subjects()));
    await this.book.noteDay(this.siteScore());
  }

  async #nextToAsk(stations: readonly string[]): Promise<string | undefined> {
    for (let step = 0; step < stations.length; step++) {
      const id = stations[(this.#turn + step) % stations.length]!;
      if (!await this.#isDue(id)) continue;
      this.#turn = (this.#turn + step + 1) % stations.length;
      return id;
    }
    return undefined;
  }

  async #isDue(id: string): Promise<boolean> {
    const { line, device } = this.sources.ways(id), { readAt, triedAt } = this.book.subject(id) ?? {};
    if (!line && !device) return false;
    const age = readAt === undefined ? Infinity : this.context.clock.now() - readAt;
    if (age < POSTURE_LIMITS.rereadMs && age >= 0) return false;
    // one that never answers is not asked in every look, and does not take the turn of the others
    const since = triedAt === undefined ? Infinity : this.context.clock.now() - triedAt;
    if (since < POSTURE_LIMITS.retryMs && since >= 0) return false;
    return age > POSTURE_LIMITS.busyMs && readAt !== undefined || !line || !await line.isBusy();
  }

  async #judge(subject: string, ask: boolean | "settings"): Promise<SubjectPosture | undefined> {
    const now = () => this.context.clock.now();
    if (subject === GATEWAY_SUBJECT) {
      const known = await this.sources.gateway();
      return await this.#take(
        subject,
        this.guides.forGateway(),
        { read: {} },
        (check) => check.by === "gateway" ? gatewayEvidence(check.fact, known, now()) : undefined,
      );
    }
    const known = await this.sources.station(subject);
    if (!known) return undefined;
    const lines = this.#linesOf(known);
    const before = this.book.subject(subject);
    const kept = ask ? await this.#read(subject, lines, before, ask) : keptOf(before);
    return await this.#take(
      subject,
      lines,
      kept,
      (check) =>
        check.by === "inventory"
          ? stationEvidence(check.fact, known, now())
          : this.#readEvidence(kept.read, check, known.station),
    );
  }

  async #read(
    subject: string,
    lines: readonly LineOfGuide[],
    before: SubjectRecord | undefined,
    ask: true | "settings",
  ): Promise<KeptRead> {
    const guides = wantedBy(lines.flatMap(({ line }) => line.checks)), more = this.sources.wantedBeside(subject);
    const wanted: Wanted = {
      ...guides,
      ocpp: [...guides.ocpp, ...more.ocpp],
      driver: [...new Set([...guides.driver, ...more.driver])],
    };
    const { clock } = this.context, triedAt = clock.now();
    const checks = lines.flatMap(({ line }) => line.checks);
    const { probe, ...ways } = this.sources.ways(subject, checks);
    const own: StationWays = ask === "settings" ? ways : { ...ways, probe };
    const read = await readStation(wanted, own, before, () => clock.now());
    return { ...read, triedAt };
  }

  #readEvidence(read: SubjectRecord["read"], check: PostureCheck, { ocpp, ui }: StationKnowledge["station"]) {
    const name = readName(check);
    if (name === undefined) return undefined;
    if (check.by === "ocpp" && !ocpp) return unknown("it has no OCPP connection");
    if (check.by === "driver" && !ui) return unknown("it has no pages that the gateway opens");
    if (check.by === "ports") {
      const why = blockedWhy(check.closed, read[BLOCKED], read[name]);
      if (why !== undefined) return unknown(why);
    }
    return read[name] ?? unknown("it has not been asked yet");
  }

  async #take(
    subject: string,
    lines: readonly LineOfGuide[],
    kept: KeptRead,
    evidenceOf: (check: PostureCheck) => Evidence | undefined,
  ): Promise<SubjectPosture> {
    const { clock } = this.context, now = clock.now();
    const findings = lines.map(({ line }) => {
      const evidence = line.checks.map((check) =>
        check.by === "people"
          ? this.#confirmed(subject, line.id)
          : check.by === "product"
          ? { is: "value", value: "shown", at: now } as const
          : evidenceOf(check)
      );
      return judgeLine(line, evidence, this.book.waiver(subject, line.id), now);
    });
    const before = this.book.subject(subject);
    const record: SubjectRecord = { at: now, findings, ...kept };
    await this.#tell(subject, before?.findings ?? [], findings);
    if (!before || isOther(before, record)) await this.book.putSubject(subject, record);
    return this.#posture(subject, record);
  }

  #confirmed(subject: string, line: string): Evidence {
    const seen = this.book.confirmation(subject, line);
    if (!seen) return { is: "unknown", why: "nobody has confirmed it yet" };
    return seen.isSo ? { is: "value", value: seen.who, at: seen.at } : { is: "absent", at: seen.at };
  }

  /** Told before it is stored: after a crash in between it is told once more, and never not at all. */
  async #tell(subject: string, before: readonly Finding[], after: readonly Finding[]): Promise<void> {
    const { alarms, audit } = this.context;
    for (const { line, why } of driftOf(before, after)) {
      await audit.record({
        event: "posture.line.drifted",
        class: "security",
        who: "gateway",
        target: subject,
        outcome: "failed",
        // what the station itself answered, and not what the site is or has: that may be somebody's hand at it
        detail: { line, why, ...this.#isRead(line) ? { read: true } : {} },
      });
      await alarms.raise({ kind: "posture.drifted", subject: `${subject} ${line}`, detail: why });
    }
    for (const { line, outcome } of before) {
      if (outcome !== "failed") continue;
      const is = after.find((one) => one.line === line)?.outcome;
      const isStill = is === "failed" || is === "unknown"; // a device that is away has not mended it
      if (!isStill) await alarms.clear("posture.drifted", `${subject} ${line}`);
    }
  }

  #isRead(line: string): boolean {
    return this.guides.line(line)?.line.checks.some(({ by }) => by === "ocpp" || by === "driver") ?? false;
  }

  #linesOf({ station }: StationKnowledge): readonly LineOfGuide[] {
    return this.guides.forStation({ vendor: station.vendor, hasOcpp: station.ocpp !== undefined });
  }

  #posture(subject: string, { findings, readAt }: SubjectRecord): SubjectPosture {
    const score = scoreOf(findings, (line) => this.#severityOf(line));
    return { subject, score, findings, ...readAt === undefined ? {} : { readAt } };
  }

  #severityOf(line: string) {
    return this.guides.line(line)?.line.severity ?? "low"; // of a guide that is no more
  }
}

/** What stays from one judgement to the next. */
type KeptRead = Pick<SubjectRecord, "read" | "readAt" | "triedAt">;

function keptOf(before: SubjectRecord | undefined): KeptRead {
  const { read = {}, readAt, triedAt } = before ?? {};
  return { read, ...readAt === undefined ? {} : { readAt }, ...triedAt === undefined ? {} : { triedAt } };
}

const unknown = (why: string): Evidence => ({ is: "unknown", why });

/** The disk is written when something is otherwise, not because a minute has passed. */
function isOther(before: SubjectRecord, after: SubjectRecord): boolean {
  const told = ({ findings, readAt, triedAt }: SubjectRecord) =>
    JSON.stringify([readAt, triedAt, findings.map(({ line, outcome, why }) => [line, outcome, why])]);
  return before.read !== after.read || told(before) !== told(after);
}
