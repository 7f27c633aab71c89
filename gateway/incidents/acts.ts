import { type IncidentAct, mayAct } from "../../policies/incident.ts";
import { type StepRecord, stepsFor } from "../../policies/incident_steps.ts";
import type { ControlContext } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import { Turns } from "../core/turns.ts";
import type { IncidentBook } from "./incident_book.ts";
import type { AnnouncedWork, IncidentRecord } from "./incident_record.ts";
import { type Incidents, unknownIncident } from "./incidents.ts";
import { INCIDENT_LIMITS } from "./limits.ts";
import { leftOf, NEVER_SKIPPED, type StepEnd, type StepHands, stepNamed } from "./steps.ts";

/** What acts work with. */
export interface ActParts {
  readonly context: Pick<ControlContext, "audit" | "clock" | "random">;
  readonly book: IncidentBook;
  readonly incidents: Incidents;
  readonly hands: StepHands;
  isKnown(subject: string): boolean;
}

/** What a person says of a step. */
export interface StepWord {
  readonly who: string;
  /** Who was at the station, and what was seen or done there. */
  readonly person?: string;
  readonly proof?: string;
  /** The person answers for it that it is not done. */
  readonly skip?: string;
}

type Name = "incident.acknowledged" | "incident.closed" | "incident.decided" | "incident.step.done";

/** What people do with incidents: each act is judged, recorded and stored before it is answered. */
export class IncidentActs {
  readonly #parts: ActParts;
  /** One step of one incident is done by one person at a time. */
  readonly #steps = new Turns();

  constructor(parts: ActParts) {
    this.#parts = parts;
  }

  /** @throws GatewayError INCIDENT_UNKNOWN */
  named(id: string): IncidentRecord {
    const record = this.#parts.book.get(id);
    if (record) return record;
    throw unknownIncident(id);
  }

  async acknowledge(id: string, who: string): Promise<IncidentRecord> {
    return await this.#change(id, "acknowledge", who, async (record) => {
      await this.#audit("incident.acknowledged", record, who, {});
      return { ...record, state: "acknowledged", acknowledged: { by: who, at: this.#now } };
    });
  }

  /** Takes the station out of use, or lets it run; the steps that bring it back are listed now. */
  async decide(id: string, what: "keep" | "quarantine", reason: string, who: string): Promise<IncidentRecord> {
    return await this.#change(id, "decide", who, async (record) => {
      const { hands } = this.#parts, isQuarantined = what === "quarantine";
      if (isQuarantined !== record.isQuarantined) await hands.quarantine(record.subject, isQuarantined, who, reason);
      await this.#audit("incident.decided", record, who, { what, reason });
      return {
        ...record,
        ...{ state: "decided", decided: { what, by: who, at: this.#now, reason }, isQuarantined },
        steps: stepsFor(await hands.facts(record.subject, record.kind)),
        acknowledged: record.acknowledged ?? { by: who, at: this.#now },
      };
    });
  }

  /** Does a step, or takes a person's word for it and looks. */
  async step(id: string, name: string, word: StepWord): Promise<IncidentRecord> {
    const { who, skip } = word;
    return await this.#steps.run([`${id} ${name}`], async () => {
      const before = this.named(id);
      await this.#judge("step", before, who);
      const step = stepNamed(before, name), ask = { step: step.id, incident: before, who };
      if (skip !== undefined && NEVER_SKIPPED.has(step.id)) {
        throw await this.#refuse(
          before,
          who,
          "incident.never-skipped",
          `Nobody can answer for the step "${step.id}"`,
          "It has to be done",
        );
      }
      if (skip === undefined && step.way === "person" && (word.person === undefined || word.proof === undefined)) {
        throw await this.#refuse(
          before,
          who,
          "incident.proof-wanted",
          `The step "${step.id}" is done by a person at the station`,
          "Say who and what was seen: --person NAME --proof TEXT",
        );
      }
      const begun = before.done[step.id];
      // Pressed again it would bring the factory's password over the one that was set since.
      if (step.id === "password" && begun?.state === "done") return before;
      if (skip === undefined && begun?.state === "checking") {
        // it was done, and what proves it was still to come
        const end = await this.#parts.hands.check({ ...ask, before: begun });
        return end.state === "checking" ? before : await this.#note(id, step.id, end, { ...begun, who });
      }
      // Who has the maker's backup at hand may put settings back where the gateway would write a few.
      const isByHand = step.id === "settings" && word.person !== undefined && word.proof !== undefined;
      const end: StepEnd = skip !== undefined
        ? { state: "done", found: `${who} answers for it: ${skip}` }
        : step.way === "automatic" && !isByHand
        ? await this.#parts.hands.run(ask)
        : await this.#parts.hands.check(ask);
      return await this.#note(id, step.id, end, word);
    });
  }

  /** Looks again at steps whose proof is still to come. */
  async checkAgain(): Promise<void> {
    for (const incident of this.#parts.book.all()) {
      if (incident.state !== "decided") continue;
      for (const { id: step } of incident.steps) {
        if (incident.done[step]?.state !== "checking") continue;
        await this.#steps.run([`${incident.id} ${step}`], async () => {
          const now = this.#parts.book.get(incident.id), before = now?.done[step];
          if (!now || before?.state !== "checking") return; // a person was faster
          const end = await this.#parts.hands.check({ step, incident: now, who: before.by, before });
          if (end.state !== "checking") await this.#note(now.id, step, end, { ...before, who: before.by });
        });
      }
    }
  }

  async close(id: string, who: string, falseAlarm?: string): Promise<IncidentRecord> {
    const act: IncidentAct = falseAlarm === undefined ? "close" : "false-alarm";
    return await this.#change(id, act, who, async (record) => {
      const how = falseAlarm === undefined ? "re-provisioned" : "false-alarm",
        reason = falseAlarm ?? "all steps are done";
      if (record.isQuarantined) await this.#parts.hands.quarantine(record.subject, false, who, `${id}: ${reason}`);
      await this.#audit("incident.closed", record, who, { how, reason });
      const ended = { how, by: who, at: this.#now, ...falseAlarm === undefined ? {} : { reason: falseAlarm } } as const;
      return { ...record, state: "closed", isQuarantined: false, ended };
    });
  }

  /** A person saw something: the record of it is the signal. */
  async report(subject: string, what: string, who: string): Promise<void> {
    this.#needKnown(subject);
    await this.#parts.context.audit.record({
      ...{ event: "incident.reported", class: "security", who, target: subject, outcome: "ok", detail: { what } },
    });
  }

  /** Work at a station that is to explain what will be seen there. */
  async announce(
    { station, hours, reason, who }: { station: string; hours: number; reason: string; who: string },
  ): Promise<AnnouncedWork> {
    const { book, context: { audit, random } } = this.#parts, from = this.#now;
    this.#needKnown(station);
    const until = from + hours * 3_600_000;
    if (!(hours > 0) || until - from > INCIDENT_LIMITS.announcedMs) {
      throw refused(
        `Work of ${hours} hours cannot be announced`,
        `At most ${INCIDENT_LIMITS.announcedMs / 3_600_000} hours`,
      );
    }
    return await this.#steps.run(["announce"], async () => {
      if (book.announced().length >= INCIDENT_LIMITS.announced) {
        throw refused(`${INCIDENT_LIMITS.announced} works are announced already`, "`incident withdraw` ends one early");
      }
      const id = `W-${random.bytes(3).toHex()}`;
      const work: AnnouncedWork = { id, station, by: who, reason, from, until };
      await audit.record({
        ...{ event: "incident.work.announced", class: "security", who, target: station, outcome: "ok" },
        detail: { work: id, reason, until: new Date(until).toISOString() },
      });
      await book.announce(work);
      return work;
    });
  }

  async withdraw(id: string, who: string): Promise<void> {
    const work = this.#parts.book.announced().find((one) => one.id === id);
    if (!work) {
      throw new GatewayError("INCIDENT_UNKNOWN", `No work "${id.slice(0, 20)}" is announced`, {
        hint: "`incident list`",
      });
    }
    await this.#parts.context.audit.record({
      ...{ event: "incident.work.withdrawn", class: "security", who, target: work.station, outcome: "ok" },
      detail: { work: id },
    });
    await this.#parts.book.withdraw(id);
  }

  get #now(): number {
    return this.#parts.context.clock.now();
  }

  #needKnown(subject: string): void {
    if (this.#parts.isKnown(subject)) return;
    throw new GatewayError("STATION_UNKNOWN", `There is no station "${subject.slice(0, 64)}"`, {
      hint: '`stations` shows all; the gateway itself is "gateway"',
    });
  }

  async #note(id: string, step: keyof IncidentRecord["done"], end: StepEnd, word: StepWord): Promise<IncidentRecord> {
    const { who, person, proof, skip } = word, { state, found, mark } = end;
    return await this.#parts.incidents.change(id, async (record) => {
      if (record.state === "closed") return record; // it was closed as a false alarm meanwhile
      const note: StepRecord = {
        ...{ state, by: who, at: this.#now, found },
        ...person === undefined ? {} : { person },
        ...proof === undefined ? {} : { proof },
        ...mark === undefined ? {} : { mark },
        ...skip === undefined ? {} : { skipped: true as const },
      };
      await this.#audit("incident.step.done", record, who, {
        ...{ step, state, found: found.slice(0, 200) },
        ...person === undefined ? {} : { person },
        ...proof === undefined ? {} : { proof },
        ...skip === undefined ? {} : { skipped: true },
      }, state === "failed" ? "failed" : "ok");
      return { ...record, done: { ...record.done, [step]: note } };
    });
  }

  async #change(
    id: string,
    act: IncidentAct,
    who: string,
    how: (record: IncidentRecord) => Promise<IncidentRecord>,
  ): Promise<IncidentRecord> {
    this.named(id);
    return await this.#parts.incidents.change(id, async (record) => {
      await this.#judge(act, record, who);
      return await how(record);
    });
  }

  async #judge(act: IncidentAct, record: IncidentRecord, who: string): Promise<void> {
    const decision = mayAct(act, record, leftOf(record));
    if (decision.effect === "allow") return;
    throw await this.#refuse(record, who, decision.rule, decision.reason, decision.hint ?? "");
  }

  async #refuse(
    { id, subject }: IncidentRecord,
    who: string,
    rule: string,
    reason: string,
    hint: string,
  ): Promise<GatewayError> {
    await this.#parts.context.audit.record({
      ...{ event: "incident.act.refused", class: "security", who, target: subject, outcome: "refused", rule },
      detail: { incident: id, why: reason },
    });
    return refused(`${id}: ${reason}`, hint);
  }

  async #audit(
    event: Name,
    { id, subject }: IncidentRecord,
    who: string,
    detail: Readonly<Record<string, string | boolean>>,
    outcome: "failed" | "ok" = "ok",
  ): Promise<void> {
    await this.#parts.context.audit.record({
      ...{ event, class: "security", who, target: subject, outcome, detail: { incident: id, ...detail } },
    });
  }
}

/** What cannot be done now, and what to do instead. */
export function refused(message: string, hint: string): GatewayError {
  return new GatewayError("INCIDENT_REFUSED", message, { hint });
}
