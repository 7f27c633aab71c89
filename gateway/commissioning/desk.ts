import { createHash } from "node:crypto";
import { COMMISSIONING_STEPS } from "../../profiles/commissioning_steps.ts";
import { decideProtocolAct, judgeStep, openOf, stateBySteps, stepsOf } from "../../policies/commissioning.ts";
import type {
  KnownIdentity,
  ProtocolAct,
  ProtocolStep,
  StepEntry,
  StepStanding,
} from "../../policies/commissioning_types.ts";
import type { ControlContext } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import type { AdoptionFault } from "../inventory/adoption/adoption.ts";
import type { Station } from "../inventory/config.ts";
import type { Picture } from "../inventory/plan/picture.ts";
import { type CheckSources, runCheck } from "./checks.ts";
import { COMMISSIONING_LIMITS } from "./limits.ts";
import type { HeldStation, Protocol, ProtocolSignature } from "./protocol.ts";
import type { ProtocolBook } from "./protocol_book.ts";

/** What the desk works with. */
export interface DeskParts {
  readonly context: Pick<ControlContext, "audit" | "clock">;
  readonly book: ProtocolBook;
  readonly sources: CheckSources;
  readonly stations: () => readonly Station[];
}

/** A protocol with how each of its steps stands now. */
export interface ProtocolView {
  readonly protocol: Protocol;
  readonly steps: readonly (ProtocolStep & { readonly standing: StepStanding })[];
  readonly faults: readonly AdoptionFault[];
}

/** What a person wants to have entered, without who and when. */
export type GivenEntry = StepEntry extends infer One ? One extends unknown ? Omit<One, "at" | "by"> : never : never;

/** Does what people want with protocols: judged first, stored before it is answered, audited with the rule that refused. */
export class CommissioningDesk {
  constructor(private readonly parts: DeskParts) {}

  /** Begins the protocol of a bay, by its unit's name or by a station. @throws GatewayError COMMISSIONING_REFUSED, STATION_UNKNOWN */
  async start(name: string, who: string): Promise<ProtocolView> {
    const { stations, context } = this.parts;
    const named = stations().find(({ id }) => id === name), bay = named ? bayOf(named) : name;
    const own = stations().filter((station) => bayOf(station) === bay).map(({ id }) => id);
    if (own.length === 0) {
      throw new GatewayError("STATION_UNKNOWN", `There is no bay or station "${name.slice(0, 64)}"`, {
        hint: "`stations` lists all",
      });
    }
    if (own.length > COMMISSIONING_LIMITS.stations) {
      throw new GatewayError(
        "COMMISSIONING_REFUSED",
        `${bay} has ${own.length} stations; a bay has at most ${COMMISSIONING_LIMITS.stations}`,
        {
          hint: "Give parts of one station or cabinet a unit of their own",
        },
      );
    }
    const at = context.clock.now();
    const none = { entries: {}, exceptions: {}, photos: {} };
    const protocol = await this.parts.book.start({
      bay,
      stations: own,
      state: "draft",
      startedAt: at,
      startedBy: who,
      ...none,
    });
    await this.#record("commissioning.protocol.started", protocol, who, { stations: own.join(" ") });
    return this.view(protocol);
  }

  /** How a protocol stands. One that is closed stands as it was when it was. */
  view(protocol: Protocol): ProtocolView {
    const stations = protocol.held ?? this.#held(protocol);
    const steps = stepsOf(COMMISSIONING_STEPS, stations).map((one) => {
      const entry = protocol.entries[one.key], exception = protocol.exceptions[one.key];
      const known = stations.find(({ id }) => id === one.station)?.known ?? NOTHING_KNOWN;
      return { ...one, standing: judgeStep(one, entry, exception, known) };
    });
    return { protocol, steps, faults: protocol.state === "closed" ? [] : this.#faults(protocol) };
  }

  /** Has the gateway look at everything that it looks at itself. @throws GatewayError COMMISSIONING_REFUSED */
  async check(id: number, who: string): Promise<ProtocolView> {
    const before = this.parts.book.need(String(id));
    await this.#decide("enter", before, who);
    const found: Record<string, StepEntry> = {};
    for (const { key, step, station } of this.view(before).steps) {
      const own = this.parts.stations().find((one) => one.id === station);
      if (step.kind !== "auto" || step.check === undefined || !own) continue;
      const result = await runCheck(step.check, { station: own, sources: this.parts.sources, since: before.startedAt });
      found[key] = { kind: "auto", ...result, by: "gateway", at: this.parts.context.clock.now() };
    }
    const protocol = await this.#enter(id, who, (entries) => ({ ...entries, ...found }));
    const outcomes = Object.values(found).map((one) => one.kind === "auto" ? one.outcome : "");
    const count = (outcome: string) => outcomes.filter((one) => one === outcome).length;
    await this.#record("commissioning.steps.checked", protocol, who, {
      met: count("met"),
      failed: count("failed"),
      unknown: count("unknown"),
    });
    return this.view(protocol);
  }

  /** Takes what a person found. @throws GatewayError COMMISSIONING_INVALID, COMMISSIONING_REFUSED */
  async enter(id: number, key: string, given: GivenEntry, who: string): Promise<ProtocolView> {
    this.#step(id, key, given.kind);
    const entry = { ...given, by: who, at: this.parts.context.clock.now() } as StepEntry;
    const protocol = await this.#enter(id, who, (entries) => ({ ...entries, [key]: entry }));
    await this.#record("commissioning.step.entered", protocol, who, { step: key });
    return this.view(protocol);
  }

  /** Takes a photo. @throws GatewayError COMMISSIONING_INVALID, COMMISSIONING_REFUSED */
  async photo(id: number, key: string, picture: Picture, who: string): Promise<ProtocolView> {
    this.#step(id, key, "photo");
    await this.#decide("enter", this.parts.book.need(String(id)), who);
    const at = this.parts.context.clock.now();
    const protocol = await this.parts.book.addPhoto(id, picture, (before, sha256) => {
      const refusal = decideProtocolAct("enter", { ...this.#facts(before, who), isProven: false });
      if (refusal.effect === "deny") throw refusedBy(refusal);
      return this.#restated({
        ...before,
        entries: { ...before.entries, [key]: { kind: "photo", sha256, by: who, at } },
      });
    }, key);
    await this.#record("commissioning.step.entered", protocol, who, { step: key });
    return this.view(protocol);
  }

  /** Somebody answers for a step that is not met; without a reason nobody does any more. @throws GatewayError COMMISSIONING_INVALID */
  async except(id: number, key: string, reason: string | undefined, who: string): Promise<ProtocolView> {
    const { step } = this.#step(id, key);
    if (!step.mayExcept) {
      throw new GatewayError("COMMISSIONING_INVALID", `Nobody can answer for "${key}": it has to be met`, {
        hint: `${step.title.en}: ${step.ask?.en ?? step.source ?? ""}`.trim(),
      });
    }
    const at = this.parts.context.clock.now();
    const protocol = await this.#change("enter", id, who, (before) => {
      const { [key]: _gone, ...rest } = before.exceptions;
      const exceptions = reason === undefined ? rest : { ...rest, [key]: { by: who, at, reason } };
      return this.#restated({ ...before, exceptions });
    });
    await this.#record("commissioning.step.excepted", protocol, who, {
      step: key,
      ...reason === undefined ? { isTakenBack: true } : { reason },
    });
    return this.view(protocol);
  }

  /** Signs for the installer or for the operator. @throws GatewayError COMMISSIONING_REFUSED */
  async sign(
    id: number,
    as: "installer" | "operator",
    given: Pick<ProtocolSignature, "drawing" | "name">,
    who: string,
  ): Promise<ProtocolView> {
    const act = as === "installer" ? "sign" : "counter-sign", at = this.parts.context.clock.now();
    const protocol = await this.#change(act, id, who, (before) => {
      const signature: ProtocolSignature = { ...given, by: who, at, over: digestOf(before) };
      return as === "installer"
        ? { ...before, state: "signed", installer: signature }
        : { ...before, state: "counter-signed", operator: signature };
    }, true);
    await this.#record(`commissioning.protocol.${as === "installer" ? "signed" : "counter-signed"}`, protocol, who, {
      name: given.name,
    });
    return this.view(protocol);
  }

  /** Takes the signatures back, so that entries may change. @throws GatewayError COMMISSIONING_REFUSED */
  async reopen(id: number, reason: string, who: string): Promise<ProtocolView> {
    const protocol = await this.#change(
      "reopen",
      id,
      who,
      ({ installer: _i, operator: _o, ...rest }) => this.#restated(rest),
    );
    await this.#record("commissioning.protocol.reopened", protocol, who, { reason });
    return this.view(protocol);
  }

  /** Closes a protocol: looks at the controllers once more first. @throws GatewayError COMMISSIONING_REFUSED with the rule */
  async close(id: number, who: string): Promise<ProtocolView> {
    const at = this.parts.context.clock.now();
    const protocol = await this.#change("close", id, who, (before) => {
      if (before.installer?.over !== digestOf(before) || before.operator?.over !== digestOf(before)) {
        throw new GatewayError("COMMISSIONING_REFUSED", "What was signed is not what the protocol says now", {
          hint: "`commissioning reopen` it, and sign again",
        });
      }
      return { ...before, state: "closed", held: this.#held(before), closedAt: at, closedBy: who };
    });
    await this.#record("commissioning.protocol.closed", protocol, who, {});
    return this.view(protocol);
  }

  /** Removes a protocol that nobody signed. @throws GatewayError COMMISSIONING_REFUSED */
  async drop(id: number, who: string): Promise<Protocol> {
    const protocol = this.parts.book.need(String(id));
    await this.parts.book.drop(id, (now) => this.#decide("drop", now, who));
    await this.#record("commissioning.protocol.dropped", protocol, who, {});
    return protocol;
  }

  #enter(id: number, who: string, entries: (before: Protocol["entries"]) => Protocol["entries"]): Promise<Protocol> {
    return this.#change("enter", id, who, (before) => this.#restated({ ...before, entries: entries(before.entries) }));
  }

  async #change(
    act: ProtocolAct,
    id: number,
    who: string,
    change: (before: Protocol) => Protocol,
    isProven = false,
  ): Promise<Protocol> {
    return await this.parts.book.change(id, async (before) => {
      await this.#decide(act, before, who, isProven);
      return change(before);
    });
  }

  /** A protocol whose state is that of its steps. */
  #restated(protocol: Protocol): Protocol {
    const standings = this.view(protocol).steps.map(({ standing }) => standing);
    return { ...protocol, state: stateBySteps(standings, Object.keys(protocol.entries).length > 0) };
  }

  async #decide(act: ProtocolAct, protocol: Protocol, who: string, isProven = false): Promise<void> {
    const decision = decideProtocolAct(act, { ...this.#facts(protocol, who), isProven });
    if (decision.effect === "allow") return;
    const { audit } = this.parts.context, { rule } = decision;
    await audit.record({
      ...{ event: "commissioning.act.refused", class: "security", who, target: protocol.bay, outcome: "refused", rule },
      detail: { protocol: protocol.id, act },
    });
    throw refusedBy(decision);
  }

  #facts(protocol: Protocol, person: string) {
    const { steps, faults } = this.view(protocol);
    const { state, installer } = protocol, open = openOf(steps.map(({ standing }) => standing));
    return { state, open, person, faults, ...installer ? { installer: installer.by } : {} };
  }

  #step(id: number, key: string, kind?: StepEntry["kind"]): ProtocolStep {
    const protocol = this.parts.book.need(String(id));
    const found = this.view(protocol).steps.find((one) => one.key === key);
    if (!found) {
      throw invalid(`Protocol ${id} has no step "${key.slice(0, 80)}"`, "`commissioning show` names its steps");
    }
    if (kind === undefined || found.step.kind === kind) return found;
    const what = found.step.kind === "auto" ? "the gateway looks itself" : `it takes a ${found.step.kind}`;
    throw invalid(`The step "${key}" takes no ${kind}: ${what}`, "`commissioning check` has the gateway look");
  }

  #faults(protocol: Protocol): readonly AdoptionFault[] {
    return this.#stationsOf(protocol).flatMap(({ id, ui }) => ui ? this.parts.sources.faults(id) : []);
  }

  #held(protocol: Protocol): readonly HeldStation[] {
    return this.#stationsOf(protocol).map((station) => ({ ...shapeOf(station), known: this.#known(station) }));
  }

  /** Stations that left the inventory since leave their steps behind. */
  #stationsOf({ stations }: Protocol): readonly Station[] {
    return this.parts.stations().filter(({ id }) => stations.includes(id));
  }

  #known(station: Station): KnownIdentity {
    const { serial, boxSerial, model } = this.parts.sources.facts(station.id);
    const texts = (...values: readonly unknown[]) =>
      values.filter((one): one is string => typeof one === "string" && one !== "");
    return {
      serials: texts(station.serial, serial, boxSerial),
      macs: texts(station.mac),
      models: texts(station.model, model),
    };
  }

  async #record(
    event: CommissioningEvent,
    { id, bay }: Protocol,
    who: string,
    detail: Record<string, boolean | number | string>,
  ): Promise<void> {
    await this.parts.context.audit.record({
      event,
      class: "operation",
      who,
      target: bay,
      outcome: "ok",
      detail: { protocol: id, ...detail },
    });
  }
}

type CommissioningEvent =
  | "commissioning.protocol.closed"
  | "commissioning.protocol.counter-signed"
  | "commissioning.protocol.dropped"
  | "commissioning.protocol.reopened"
  | "commissioning.protocol.signed"
  | "commissioning.protocol.started"
  | "commissioning.step.entered"
  | "commissioning.step.excepted"
  | "commissioning.steps.checked";

/** What people sign: everything that was entered, and who answers for what. */
export function digestOf({ id, bay, stations, startedAt, entries, exceptions }: Protocol): string {
  const sorted = <T>(record: Readonly<Record<string, T>>) =>
    Object.entries(record).toSorted(([a], [b]) => a < b ? -1 : 1);
  const text = JSON.stringify([id, bay, stations, startedAt, sorted(entries), sorted(exceptions)]);
  return createHash("sha256").update(text).digest("hex");
}

const NOTHING_KNOWN: KnownIdentity = { serials: [], macs: [], models: [] };
const bayOf = ({ unit, id }: Station): string => unit ?? id;
const shapeOf = ({ id, access, ocpp, ui }: Station) => ({
  ...{ id, hasNetwork: access === "network", hasOcpp: ocpp !== undefined, hasUi: ui !== undefined },
});

function refusedBy({ rule, reason, hint }: { rule: string; reason: string; hint?: string }): GatewayError {
  return new GatewayError("COMMISSIONING_REFUSED", `${reason} (rule ${rule})`, hint === undefined ? {} : { hint });
}

const invalid = (what: string, hint: string): GatewayError => new GatewayError("COMMISSIONING_INVALID", what, { hint });
