import {
  type DecommissionStep,
  mayCancel,
  nextStep,
  type StepEnd,
  whyNotApprove,
  whyNotSkip,
} from "../../policies/decommission.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import type { Station } from "../inventory/config.ts";
import { Turns } from "../core/turns.ts";
import { RecordBook } from "../people/record_book.ts";
import { KEYS } from "../store/keys.ts";
import { certificateText, signCertificate, type SignedCertificate } from "./certificate.ts";
import { DECOMMISSION_LIMITS } from "./limits.ts";
import type { DecommissionParts } from "./parts.ts";
import type { DecommissionRecord, ResetProof } from "./record.ts";
import { clear, configuration, drain, erase, type Turn } from "./station_steps.ts";

/** A certificate as it is kept. */
export interface KeptCertificate {
  readonly number: number;
  readonly station: string;
  readonly at: number;
  readonly signed: SignedCertificate;
}

const ALARM = "station.decommission.waits";
/** A turn of its own: no station has this id. */
const NUMBERS = ["\nnumbers"];
const COUNTER = [...KEYS.decommission, "counter"];

/** Takes stations out of service for ever: each step is stored before it is made, and gone on with after a restart. */
export class Decommissions {
  readonly #turns = new Turns();

  private constructor(
    private readonly parts: DecommissionParts,
    private readonly runs: RecordBook<DecommissionRecord>,
    private readonly certificates: RecordBook<KeptCertificate>,
  ) {}

  static async open(parts: DecommissionParts): Promise<Decommissions> {
    const { store } = parts.context;
    const runs = await RecordBook.open<DecommissionRecord>(store, [...KEYS.decommission, "run"]);
    return new Decommissions(parts, runs, await RecordBook.open(store, [...KEYS.decommission, "certificate"]));
  }

  /** Those under way, the oldest first. */
  all(): readonly DecommissionRecord[] {
    return this.runs.all().toSorted((a, b) => a.startedAt - b.startedAt);
  }

  /** Certificates, the newest first. */
  kept(): readonly KeptCertificate[] {
    return this.certificates.all().toSorted((a, b) => b.number - a.number);
  }

  /** The one of a station that is under way. @throws GatewayError DECOMMISSION_UNKNOWN */
  of(station: string): DecommissionRecord {
    const run = this.runs.get(station);
    if (run) return run;
    throw new GatewayError("DECOMMISSION_UNKNOWN", `"${station.slice(0, 64)}" is not being decommissioned`, {
      hint: "`decommission list` shows what is under way and what is over",
    });
  }

  /** The certificate of this number, or the newest of this station. @throws GatewayError DECOMMISSION_UNKNOWN */
  certificate(name: string): KeptCertificate {
    const found = this.kept().find(({ number, station }) => `dec-${number}` === name || station === name);
    if (found) return found;
    throw new GatewayError("DECOMMISSION_UNKNOWN", `There is no certificate of erasure "${name.slice(0, 64)}"`, {
      hint: "`decommission list` shows all by number and station",
    });
  }

  /** Begins. @throws GatewayError DECOMMISSION_UNKNOWN, DECOMMISSION_REFUSED */
  start(id: string, reason: string, who: string): Promise<DecommissionRecord> {
    return this.#turns.run([id], async () => {
      const station = this.parts.station(id);
      if (!station) {
        throw new GatewayError("DECOMMISSION_UNKNOWN", `No station "${id.slice(0, 64)}" is in the inventory`, {
          hint: "Run `stations` for the list",
        });
      }
      if (this.runs.get(id)) {
        throw await this.#refuse(
          "under-way",
          id,
          who,
          `"${id}" is being decommissioned already`,
          "See `decommission show`",
        );
      }
      await this.#turns.run(NUMBERS, () => this.#begin(station, reason, who));
      return await this.#go(id);
    });
  }

  /** Takes a number and stores the run; stations that begin at one moment get a number each. */
  async #begin(station: Station, reason: string, who: string): Promise<void> {
    const { id } = station, { context } = this.parts, { approvals } = context.site.decommissioning;
    if (this.runs.size >= DECOMMISSION_LIMITS.running) {
      throw await this.#refuse("too-many", id, who, `${this.runs.size} are under way`, "End or cancel some first");
    }
    const at = context.clock.now();
    const record: DecommissionRecord = {
      ...{ number: await this.#nextNumber(), station: id, reason, by: who, startedAt: at, steps: {}, cleared: [] },
      ...{ needsApprovals: approvals === "one-person-decides" ? 0 : approvals, approvals: [] },
      ...{ known: await this.#knownAs(station), label: labelOf(station), files: this.parts.filesOf(station) },
      ...station.unit === undefined ? {} : { unit: station.unit },
    };
    await this.#audit("station.decommission.begun", record, who, { reason });
    await this.runs.put(id, record);
  }

  /** A person other than who asked for it agrees. @throws GatewayError DECOMMISSION_UNKNOWN, DECOMMISSION_REFUSED */
  approve(id: string, who: string): Promise<DecommissionRecord> {
    return this.#change(id, async (record) => {
      const { by, approvals, steps } = record, { approvers } = this.parts.context.site.decommissioning;
      if (nextStep(steps) !== "approve") {
        throw await this.#refuse("state", id, who, `"${id}" needs no approval any more`, "See `decommission show`");
      }
      const why = whyNotApprove({ by, approvals: approvals.map((each) => each.who), who });
      if (why !== undefined) {
        const what = why === "own-approval"
          ? `${who} asked for it and cannot approve it`
          : `${who} has approved it already`;
        throw await this.#refuse(why, id, who, what, "Another person has to approve it");
      }
      if (approvers && !approvers.includes(who)) {
        const hint = `decommissioning.approvers names ${approvers.join(", ")}`;
        throw await this.#refuse("approver", id, who, `${who} is none of those who approve it`, hint);
      }
      await this.#audit("station.decommission.approved", record, who, {});
      return { approvals: [...approvals, { who, at: this.#now }] };
    });
  }

  /** How it is known that the controller was reset. @throws GatewayError DECOMMISSION_UNKNOWN, DECOMMISSION_REFUSED */
  prove(id: string, proof: Omit<ResetProof, "at">, who: string): Promise<DecommissionRecord> {
    return this.#change(id, async (record) => {
      const next = nextStep(record.steps);
      if (next !== "reset") {
        const what = `The reset of "${id}" is not waited for now: ${
          next === undefined ? "all is done" : `${next} is next`
        }`;
        throw await this.#refuse("state", id, who, what, "See `decommission show`");
      }
      const seen = proof.kind === "default-login" ? await this.#readBack(id, who) : undefined;
      const whole = { ...proof, ...seen === undefined ? {} : { note: seen }, at: this.#now };
      await this.#audit("station.decommission.reset", record, who, { proof: proof.kind, person: proof.person });
      const note = `${whole.kind} by ${whole.person}: ${whole.note}`;
      return { proof: whole, steps: { ...record.steps, reset: { state: "done", at: this.#now, by: who, note } } };
    });
  }

  /** A person passes over the step that is next, with a reason. @throws GatewayError DECOMMISSION_UNKNOWN, DECOMMISSION_REFUSED */
  skip(id: string, step: DecommissionStep, because: string, who: string): Promise<DecommissionRecord> {
    return this.#change(id, async (record) => {
      const why = whyNotSkip(record.steps, step);
      if (why !== undefined) {
        const what = why === "not-skippable"
          ? `"${step}" cannot be passed over`
          : `"${step}" is not the step that is next`;
        throw await this.#refuse(why, id, who, what, "drain, clear and reset can be, when it is their turn");
      }
      await this.#audit("station.decommission.skipped", record, who, { step, because });
      return { steps: { ...record.steps, [step]: { state: "skipped", at: this.#now, by: who, note: because } } };
    });
  }

  /** Calls it off: the station stays in service. @throws GatewayError DECOMMISSION_UNKNOWN, DECOMMISSION_REFUSED */
  cancel(id: string, who: string): Promise<void> {
    return this.#turns.run([id], async () => {
      const record = this.of(id);
      if (!mayCancel(record.steps, record.phase !== undefined)) {
        throw await this.#refuse(
          "erasing",
          id,
          who,
          `"${id}" is being erased: that cannot be called off`,
          "See `decommission show`",
        );
      }
      await this.#audit("station.decommission.cancelled", record, who, {});
      await this.runs.remove([id]);
      await this.parts.context.alarms.clear(ALARM, id);
      const protocol = this.parts.protocolOf(id);
      if (!record.isInoperative || protocol === undefined) return;
      const payload = protocol === "ocpp1.6"
        ? { connectorId: 0, type: "Operative" }
        : { operationalStatus: "Operative" };
      await this.parts.call(id, "ChangeAvailability", payload, DECOMMISSION_LIMITS.callMs);
    });
  }

  /** Another device is to have the id of a decommissioned station. @throws GatewayError DECOMMISSION_REFUSED */
  async readmit(id: string, reason: string, who: string): Promise<void> {
    if (!this.parts.isErased(id)) {
      throw await this.#refuse(
        "not-erased",
        id,
        who,
        `"${id}" was not decommissioned here`,
        "`station adopt` takes it as it is",
      );
    }
    const event = {
      event: "station.decommission.readmitted",
      class: "security",
      who,
      target: id,
      outcome: "ok",
    } as const;
    await this.parts.context.audit.record({ ...event, detail: { reason } });
    await this.parts.readmit(id, this.#now);
  }

  /** Goes on with everything that is under way. */
  async tick(): Promise<void> {
    for (const { station } of this.all()) {
      const turn = this.#turns.run([station], async () => void (this.runs.get(station) && await this.#go(station)));
      await turn.catch((error) => {
        this.parts.context.log.warn("decommission.step.failed", { station, msg: describeError(error) });
      });
    }
    const { metrics } = this.parts.context;
    metrics.set("bulkhead_decommissions_under_way", this.runs.size);
    metrics.set("bulkhead_erasure_certificates", this.certificates.size);
  }

  #change(
    id: string,
    how: (record: DecommissionRecord) => Promise<Partial<DecommissionRecord>>,
  ): Promise<DecommissionRecord> {
    return this.#turns.run([id], async () => {
      const record = this.of(id);
      await this.runs.put(id, { ...record, ...await how(record) });
      return await this.#go(id);
    });
  }

  /** Makes steps until one waits. */
  async #go(id: string): Promise<DecommissionRecord> {
    for (;;) {
      const record = this.of(id), step = nextStep(record.steps);
      if (step === undefined) return record;
      if (step === "certify") return await this.#certify(record);
      const turn = await this.#turn(step, record);
      const now = { ...this.of(id), ...turn.changed };
      if ("waits" in turn) {
        if (now.why === turn.waits) return now;
        await this.#put({ ...now, why: turn.waits });
        const detail = `${step}: ${turn.waits}`.slice(0, DECOMMISSION_LIMITS.textChars);
        await this.parts.context.alarms.raise({ kind: ALARM, subject: id, detail });
        return this.of(id);
      }
      await this.#end(now, step, { state: "done", at: this.#now, by: "gateway", note: turn.ended });
    }
  }

  async #turn(step: Exclude<DecommissionStep, "certify">, record: DecommissionRecord): Promise<Turn> {
    const keep = async (change: Partial<DecommissionRecord>) =>
      await this.#put({ ...this.of(record.station), ...change });
    switch (step) {
      case "approve": {
        const { approvals, needsApprovals } = record;
        if (approvals.length < needsApprovals) {
          return { waits: `${needsApprovals - approvals.length} more must approve it` };
        }
        return { ended: needsApprovals === 0 ? "one person decides here" : approvals.map(({ who }) => who).join(", ") };
      }
      case "drain":
        return await drain(this.parts, record, keep);
      case "clear":
        return await clear(this.parts, record, keep);
      case "reset":
        return { waits: "its controller has to be reset to the state of its factory: `decommission prove`" };
      case "configuration":
        return await configuration(this.parts, record);
      case "erase":
        return await erase(this.parts, record, keep);
      default:
        return step satisfies never;
    }
  }

  async #end(record: DecommissionRecord, step: DecommissionStep, end: StepEnd): Promise<void> {
    const { why: _, ...rest } = record;
    await this.#audit("station.decommission.step", record, "gateway", { step, state: end.state, note: end.note });
    await this.#put({ ...rest, steps: { ...record.steps, [step]: end } });
  }

  /** The certificate is stored with the end of the run, in one commit: there is none without the other. */
  async #certify(record: DecommissionRecord): Promise<DecommissionRecord> {
    const { station, number } = record, { context, sign, backups } = this.parts;
    const note = "signed with the key of the audit chain";
    const ended = {
      ...record,
      steps: { ...record.steps, certify: { state: "done", at: this.#now, by: "gateway", note } as const },
    };
    const signed = await signCertificate(sign, certificateText(this.parts, ended, await backups()));
    const isPartial = Object.values(record.steps).some((end) => end?.state === "skipped");
    await this.#audit("station.decommission.certified", record, record.by, { whole: !isPartial });
    const certificate: KeptCertificate = { number, station, at: this.#now, signed };
    const gone = { delete: [...KEYS.decommission, "run", station] };
    await this.certificates.put(`${number}`, certificate, [gone]);
    await this.runs.remove([station]);
    await context.alarms.clear(ALARM, station);
    return ended;
  }

  async #readBack(id: string, who: string): Promise<string> {
    const works = await this.parts.defaultLogins?.(id, who);
    if (works && works.length > 0) return `the password of the factory works for ${works.join(", ")}`;
    const what = works === undefined
      ? `The gateway knows no password of the factory for "${id}"`
      : `No password of the factory works at "${id}"`;
    const hint =
      "Reset it and try again (where a login was refused before: after `station login-retry`), or say what you saw: --proof seen, --proof photo";
    throw await this.#refuse("not-reset", id, who, what, hint);
  }

  async #knownAs({ id, unit, mac, address }: Station): Promise<DecommissionRecord["known"]> {
    const { macs, addresses } = await this.parts.networkOf(id);
    const others = this.parts.stations().filter((each) => each.id !== id);
    const isLast = unit !== undefined && !others.some((each) => each.unit === unit);
    const free = (own: readonly string[], taken: readonly (string | undefined)[]) =>
      [...new Set(own)].filter((each) => !taken.includes(each)); // never another's (invariant 11)
    return {
      id,
      ...isLast ? { unit } : {},
      macs: free(
        [...mac === undefined ? [] : [mac], ...macs].map((each) => each.toLowerCase()),
        others.map((each) => each.mac?.toLowerCase()),
      ),
      addresses: free([...address === undefined ? [] : [address], ...addresses], others.map((each) => each.address)),
    };
  }

  async #nextNumber(): Promise<number> {
    const { store } = this.parts.context;
    const next = ((await store.get<number>(COUNTER))?.value ?? 0) + 1;
    await store.commit([{ set: COUNTER, value: next }]);
    return next;
  }

  async #put(record: DecommissionRecord): Promise<DecommissionRecord> {
    await this.runs.put(record.station, record);
    return record;
  }

  get #now(): number {
    return this.parts.context.clock.now();
  }

  async #audit(
    event: string,
    record: DecommissionRecord,
    who: string,
    detail: Record<string, string | boolean>,
  ): Promise<void> {
    const full = { number: `dec-${record.number}`, ...detail };
    await this.parts.context.audit.record({
      event,
      class: "security",
      who,
      target: record.station,
      outcome: "ok",
      detail: full,
    });
  }

  async #refuse(rule: string, id: string, who: string, what: string, hint: string): Promise<GatewayError> {
    await this.parts.context.audit.record({
      event: "station.decommission.refused",
      class: "security",
      who,
      target: id.slice(0, 64),
      outcome: "refused",
      rule: `decommission.${rule}`,
    });
    return new GatewayError("DECOMMISSION_REFUSED", what, { hint });
  }
}

function labelOf({ vendor, model, serial }: Station): DecommissionRecord["label"] {
  return {
    ...vendor === undefined ? {} : { vendor },
    ...model === undefined ? {} : { model },
    ...serial === undefined ? {} : { serial },
  };
}
