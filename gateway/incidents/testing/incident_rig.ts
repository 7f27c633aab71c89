import { ManualTime } from "../../../tests/support/manual_time.ts";
import { alive, type Life, mortalStore } from "../../../tests/support/mortal_store.ts";
import type { SeenStation } from "../../../policies/incident_look.ts";
import type { KnownWork } from "../../../policies/incident_types.ts";
import type { StepFacts, StepId } from "../../../policies/incident_steps.ts";
import type { CommandArgs, CommandResult, ControlContext } from "../../control/contract.ts";
import type { AlarmRaise, AuditEvent } from "../../core/control_api.ts";
import { nullLogger } from "../../core/log.ts";
import { systemRandom } from "../../core/timers.ts";
import { openStore } from "../../store/kv_store.ts";
import type { Store } from "../../store/store.ts";
import type { FollowedChain, FollowedLine } from "../audit_watch.ts";
import { createIncidentFeature, type IncidentFeature } from "../feature.ts";
import type { IncidentRecord } from "../incident_record.ts";
import type { StepAsk, StepEnd, StepHands } from "../steps.ts";

/** What an incident looks like through its command. */
export type ShownIncident = IncidentRecord & { readonly next: string };

/** A chain in memory that outlives control. */
export class RigChain implements FollowedChain {
  readonly lines: FollowedLine[] = [];
  readonly #listeners = new Set<(event: AuditEvent, sequence: number) => void>();

  constructor(private readonly now: () => number) {}

  get head(): { readonly seq: number } {
    return { seq: this.lines.length };
  }

  /** Stores a record; `isHeard`: those who follow hear of it. */
  add(event: AuditEvent, isHeard = true): number {
    const seq = this.lines.length + 1, at = new Date(this.now()).toISOString();
    this.lines.push({ seq, kind: "record", fields: { ...event, at } });
    if (isHeard) { for (const listener of this.#listeners) listener(event, seq); }
    return seq;
  }

  onRecord(listener: (event: AuditEvent, sequence: number) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  reader(after: number) {
    let at = after;
    return {
      next: (max: number) => {
        const lines = this.lines.slice(at, at + max);
        at += lines.length;
        return Promise.resolve(lines);
      },
    };
  }
}

/** Hands that do nothing but what a test says. */
export class RigHands implements StepHands {
  known: Partial<StepFacts> = {};
  /** What comes of a step, by its name; absent: it is done. */
  readonly ends = new Map<StepId, StepEnd>();
  readonly asked: string[] = [];
  readonly quarantined = new Set<string>();
  /** What putting into quarantine fails with. */
  refusal: Error | undefined;

  facts(_: string, kind: StepFacts["kind"]): Promise<StepFacts> {
    return Promise.resolve({
      ...{ kind, isTouched: true, pages: "https", isPinned: true, secrets: "driver", canRestoreSettings: false },
      ...{ ocpp: "renewable", hasPosture: true } as const,
      ...this.known,
    });
  }

  run(ask: StepAsk): Promise<StepEnd> {
    return this.#end("run", ask);
  }

  check(ask: StepAsk): Promise<StepEnd> {
    return this.#end("check", ask);
  }

  quarantine(subject: string, isOn: boolean): Promise<void> {
    if (this.refusal) return Promise.reject(this.refusal);
    if (isOn) this.quarantined.add(subject);
    else this.quarantined.delete(subject);
    return Promise.resolve();
  }

  #end(how: string, { step, who }: StepAsk): Promise<StepEnd> {
    this.asked.push(`${how} ${step} for ${who}`);
    return Promise.resolve(this.ends.get(step) ?? { state: "done", found: "as it should be" });
  }
}

/** Incidents on a store in memory and a chain that both outlive control. */
export class IncidentRig implements AsyncDisposable {
  readonly hands = new RigHands();
  readonly alarms = new Map<string, string>();
  readonly works = new Map<string, readonly KnownWork[]>();
  readonly metrics = new Map<string, number>();
  stations: { id: string; unit?: string }[] = [{ id: "CP001" }, { id: "CP002", unit: "bay-02" }];
  /** Stations that the gateway looks at itself, and what it sees there. */
  visible: string[] = [];
  readonly seen = new Map<string, SeenStation>();
  feature!: IncidentFeature;
  /** What every commit fails with. */
  diskFault: Error | undefined;
  #life = 0;

  private constructor(readonly time: ManualTime, readonly store: Store, readonly chain: RigChain) {}

  static async up(): Promise<IncidentRig> {
    const time = new ManualTime();
    const store = await openStore({ path: ":memory:", clock: time, timers: time });
    const rig = new IncidentRig(time, store, new RigChain(() => time.now()));
    await rig.start();
    return rig;
  }

  /** Control starts on the same store and chain. */
  async start(): Promise<void> {
    this.feature = await createIncidentFeature({
      ...{ context: this.#context(), chain: this.chain, hands: this.hands, stations: () => this.stations },
      sight: { visible: () => this.visible, see: (station) => Promise.resolve(this.seen.get(station) ?? {}) },
      worksAt: (station) => this.works.get(station) ?? [],
    });
    await this.feature.tick();
    await this.feature.incidents.tellAll();
  }

  /** Control ends as by kill -9, and starts: what is under way never comes back, nothing more is stored. */
  async crash(): Promise<void> {
    this.#life++;
    this.alarms.clear();
    await this.start();
  }

  /** A record that another part of the gateway stores; resolves when what came of it is stored. */
  async record(event: string, target: string, detail: AuditEvent["detail"] = {}, more: Partial<AuditEvent> = {}) {
    this.chain.add({ ...{ event, class: "security", who: "gateway", target, outcome: "ok", detail }, ...more });
    await this.feature.settled();
  }

  /** What the gateway's own look found at a station. */
  async found(what: string, station = "CP001"): Promise<void> {
    await this.record("incident.look.found", station, { what, why: `${what} was found` });
  }

  async run(command: string, args: CommandArgs = {}, who = "eva"): Promise<CommandResult> {
    const result = await this.feature.commands![command]!(args, who);
    await this.feature.settled();
    return result;
  }

  async show(incident: string): Promise<ShownIncident> {
    return (await this.run("incident show", { incident })).data as unknown as ShownIncident;
  }

  /** Those that stand, as "I-1 CP001 reset critical open". */
  standing(): string[] {
    return this.feature.book.all().filter(({ state }) => state !== "closed")
      .map(({ id, subject, kind, severity, state }) => `${id} ${subject} ${kind} ${severity} ${state}`).toReversed();
  }

  /** Records of these incidents' own, as "event who rule". */
  audited(prefix = "incident."): string[] {
    return this.chain.lines.map(({ fields }) => fields).filter(({ event }) => String(event).startsWith(prefix))
      .map(({ event, who, rule }) => [event, who, rule].filter((part) => part !== undefined).join(" "));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.feature.stop!();
    await this.store.close();
  }

  #context(): ControlContext {
    const life = this.#life;
    const own: Life = { isOver: () => life !== this.#life, diskFault: () => this.diskFault };
    const store = mortalStore(this.store, own);
    return {
      ...{ store, clock: this.time, timers: this.time, random: systemRandom, log: nullLogger },
      metrics: {
        count: (name: string, labels: Record<string, string> = {}) => this.#count(name, labels),
        set: (name: string, value: number, labels: Record<string, string> = {}) =>
          void this.metrics.set([name, ...Object.values(labels)].join(" "), value),
      },
      audit: { record: (event: AuditEvent) => alive(own, () => ({ sequence: this.chain.add(event) })) },
      alarms: {
        raise: (alarm: AlarmRaise) =>
          alive(own, () => void this.alarms.set(`${alarm.kind} ${alarm.subject}`, alarm.detail ?? "")),
        clear: (kind: string, subject: string) => alive(own, () => void this.alarms.delete(`${kind} ${subject}`)),
      },
    } as unknown as ControlContext;
  }

  #count(name: string, labels: Record<string, string>): void {
    const key = [name, ...Object.values(labels)].join(" ");
    this.metrics.set(key, (this.metrics.get(key) ?? 0) + 1);
  }
}
