import { beginAct, loginEnded, nextAct, setEnded, standingOf } from "../../policies/secret_rotation.ts";
import { isAccount } from "../../policies/secret_schedule.ts";
import type { Rotation, RotationAct, Which } from "../../policies/secret_rotation_types.ts";
import { describeError } from "../core/errors.ts";
import type { RotationParts } from "./rotations.ts";
import { nameOf, recordId, type SecretRecord, type StoredRotation } from "./secret_record.ts";

/** Alarms about one secret that is being changed. */
const KINDS = ["secret.held", "secret.person.wanted", "secret.split", "secret.unsettled"] as const;

/** Touches controllers for the acts that a login or a change is needed for. */
type DeviceAct = Extract<RotationAct, { readonly kind: "login" | "set" }>;

/**
 * Carries rotations out: an act is stored before it is made and its end when it is known, so that an end of the gateway at
 * any point leaves a rotation that goes on. So many units at a time as the site says; each unit one act after the other.
 */
export class RotationDriver {
  readonly #parts: RotationParts;
  readonly #running = new Map<string, Promise<void>>();
  /** What was told of each, so that alarms are raised and cleared once. */
  readonly #told = new Map<string, string>();
  #isStopping = false;
  #dispatching: Promise<void> | undefined;

  constructor(parts: RotationParts) {
    this.#parts = parts;
  }

  /** Goes on with all that may go on now; resolves when nothing moves any more. */
  async tick(): Promise<void> {
    this.#dispatching ??= this.#dispatch().finally(() => this.#dispatching = undefined);
    await this.#dispatching;
    await Promise.all(this.#running.values());
  }

  async #dispatch(): Promise<void> {
    const { book, context } = this.#parts;
    const queue = book.all().filter(({ rotation }) => rotation !== undefined)
      .toSorted((a, b) => a.rotation!.startedAt - b.rotation!.startedAt);
    for (const { subject, slot } of queue) {
      while (this.#running.size >= context.site.vault.atOnce) await Promise.race(this.#running.values());
      const id = recordId(subject, slot);
      if (this.#isStopping) return;
      if (!this.#running.has(id)) this.#running.set(id, this.#drive(id, subject, slot));
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#running.values());
  }

  async #drive(id: string, subject: string, slot: SecretRecord["slot"]): Promise<void> {
    const { book, context: { log } } = this.#parts;
    try {
      while (!this.#isStopping && await this.#parts.turns.run([id], () => this.#step(book.get(subject, slot))));
    } catch (error) {
      log.warn("vault.rotation.failed", { msg: describeError(error) }); // the store is away: the next tick tries again
    } finally {
      this.#running.delete(id);
    }
  }

  /** One act. @returns whether another one may follow at once */
  async #step(record: SecretRecord | undefined): Promise<boolean> {
    const { context: { clock } } = this.#parts, rotation = record?.rotation;
    if (!record || !rotation) return false;
    if (rotation.phase === "escrow") return await this.#waitForEscrow(record, rotation);
    const act = nextAct(rotation.machine, clock.now());
    switch (act.kind) {
      case "end":
        await this.#finish(record, rotation, act.outcome);
        return false;
      case "held":
      case "person":
      case "wait":
        await this.#tell(record, rotation.machine);
        return false;
      case "login":
      case "set":
        await this.#perform(record, rotation, act);
        return true;
    }
  }

  async #waitForEscrow(record: SecretRecord, rotation: StoredRotation): Promise<boolean> {
    const { book, escrow } = this.#parts;
    await escrow.cover(rotation.candidate);
    if (!escrow.covers(rotation.candidate)) return false;
    await book.put({ ...record, rotation: { ...rotation, phase: "running" } });
    return true;
  }

  async #perform(record: SecretRecord, rotation: StoredRotation, act: DeviceAct): Promise<void> {
    const { book } = this.#parts;
    const begun = beginAct(rotation.machine, act);
    await book.put({ ...record, rotation: { ...rotation, machine: begun } });
    const machine = await this.#carryOut(record, rotation, begun, act);
    const changed = { ...record, rotation: { ...rotation, machine } };
    await book.put(changed);
    await this.#tell(changed, machine);
  }

  async #carryOut(
    record: SecretRecord,
    rotation: StoredRotation,
    begun: Rotation,
    act: DeviceAct,
  ): Promise<Rotation> {
    const { book, devices, context: { clock } } = this.#parts, { slot } = record, { station } = act;
    if (!isAccount(slot)) throw new TypeError(`nobody logs in with a ${slot}`);
    const text = (which: Which) => book.text(record, which === "new" ? rotation.candidate : rotation.from[station]!);
    const ask = { station, role: slot, who: "rotation" };
    if (act.kind === "login") {
      const { outcome, why } = await devices.logIn({ ...ask, password: await text(act.with) });
      return loginEnded(begun, act, outcome, clock.now(), why);
    }
    const passwords = { old: await text(act.from), next: await text(act.to) };
    const { outcome, why } = await devices.setPassword({ ...ask, ...passwords });
    return setEnded(begun, station, outcome, clock.now(), why);
  }

  async #finish(
    record: SecretRecord,
    rotation: StoredRotation,
    outcome: "committed" | "rolled-back",
  ): Promise<void> {
    const { book, context: { audit, clock, metrics } } = this.#parts, at = clock.now();
    const { candidate, machine, reason, who } = rotation;
    const why = machine.members.map((member) => member.why).find((text) => text !== undefined);
    await audit.record({
      event: "secret.rotation.ended",
      class: "security",
      who,
      target: record.subject,
      outcome: outcome === "committed" ? "ok" : "failed",
      detail: { slot: record.slot, reason, ended: outcome, ...outcome === "committed" || !why ? {} : { why } },
    });
    const { rotation: _, due, ...rest } = record;
    const last = { outcome, at, reason, ...outcome === "committed" || why === undefined ? {} : { why } };
    if (outcome === "committed") {
      const news = Object.fromEntries(machine.members.map(({ station }) => [station, candidate]));
      await book.put({ ...rest, has: { ...rest.has, ...news }, since: at, last });
    } else {
      await book.put({ ...rest, ...due ? { due } : {}, last });
    }
    metrics.count("bulkhead_vault_rotations_total", { outcome });
    await this.#tell(record, undefined);
  }

  /** Raises what stands and clears what does not; nothing of one that has ended stands. */
  async #tell(record: SecretRecord, machine: Rotation | undefined): Promise<void> {
    const { context: { alarms, clock } } = this.#parts, subject = nameOf(record);
    const standing = machine && standingOf(machine, clock.now());
    const now = JSON.stringify(standing ?? null);
    if (this.#told.get(subject) === now) return;
    this.#told.set(subject, now);
    const details: Readonly<Record<typeof KINDS[number], readonly string[]>> = {
      "secret.held": standing?.held ?? [],
      "secret.person.wanted": standing?.person ?? [],
      "secret.split": standing?.isSplit ? machine!.members.map(({ station, has }) => `${station}: ${has}`) : [],
      "secret.unsettled": standing?.unsettled ?? [],
    };
    for (const kind of KINDS) {
      const detail = details[kind].join(", ");
      if (detail === "") await alarms.clear(kind, subject);
      else await alarms.raise({ kind, subject, detail });
    }
    for (const station of standing?.held ?? []) this.#parts.onDrift?.(station, record.slot);
    if (!standing) this.#told.delete(subject);
  }
}
