import { makeSecret } from "../../policies/secret_text.ts";
import { newRotation, personDid, retry } from "../../policies/secret_rotation.ts";
import { isAccount, type RotationReason, type SecretSlot } from "../../policies/secret_schedule.ts";
import type { Rotation } from "../../policies/secret_rotation_types.ts";
import type { ControlContext } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import type { Station } from "../inventory/config.ts";
import type { Turns } from "../core/turns.ts";
import type { Escrow } from "./escrow.ts";
import { VAULT_LIMITS } from "./limits.ts";
import { RotationDriver } from "./rotation_driver.ts";
import type { SecretBook } from "./secret_book.ts";
import { nameOf, recordId, type SecretRecord, type SecretValue, type StoredRotation } from "./secret_record.ts";
import { memberOf, membersOf, ruleOf, secretSubject, type UnitParts } from "./units.ts";

/** What rotations work with. */
export interface RotationParts extends UnitParts {
  readonly context: ControlContext;
  readonly book: SecretBook;
  readonly escrow: Escrow;
  /** Work on one record, one after the other. */
  readonly turns: Turns;
  /** The password that a file of the site holds for an account; undefined without one. */
  readonly fileSecret: (station: Station, slot: SecretSlot) => string | undefined;
  /** Forgives failed logins at a station: a person has looked at it. */
  readonly forgive: (station: string, who: string) => Promise<void>;
  /** Told when nobody knows what a controller has: both secrets were refused. */
  readonly onDrift?: (station: string, slot: SecretSlot) => void;
}

/** Starts rotations, takes what people say about them, and keeps them going. */
export class Rotations {
  readonly #parts: RotationParts;
  readonly #driver: RotationDriver;
  readonly #turns: Turns;

  constructor(parts: RotationParts) {
    this.#parts = parts;
    this.#turns = parts.turns;
    this.#driver = new RotationDriver(parts);
  }

  /** Goes on with everything that may go on now; resolves when that has come to rest. */
  async tick(): Promise<void> {
    await this.#driver.tick();
  }

  async stop(): Promise<void> {
    await this.#driver.stop();
  }

  /**
   * Begins to change a secret: makes the next one, and stores it before anybody is told it.
   * @throws GatewayError SECRET_REFUSED, SECRET_UNKNOWN
   */
  async start(subject: string, slot: SecretSlot, reason: RotationReason, who: string): Promise<SecretRecord> {
    return await this.#turns.run([recordId(subject, slot)], async () => {
      const { book, escrow, devices, context: { audit, clock, random } } = this.#parts;
      const members = this.#members(subject, slot);
      const known = book.get(subject, slot);
      if (known?.rotation) throw refused(`${nameOf(known)} is being changed already`, "Watch it with `secret list`");
      if (!escrow.isWaived && escrow.impediment !== undefined) {
        throw refused(
          `${subject} ${slot} cannot be changed, since no escrow can be made: ${escrow.impediment}`,
          "Make a key with `backup key FILE` and name FILE.pub under vault.escrow.recipients",
        );
      }
      const record = await this.#withFileSecrets(subject, slot, members);
      const joined = members.map((member) => memberOf(devices, member, slot));
      const blind = joined.find(({ station, isProvable }) => isProvable && record?.has[station] === undefined);
      if (blind) {
        throw refused(
          `Nobody knows which password ${blind.station} has for ${slot} now`,
          `Bring it: \`secret import ${blind.station} ${slot} --file FILE\``,
        );
      }
      const text = makeSecret(ruleOf(members, slot), (count) => random.bytes(count));
      const at = clock.now();
      const started = await book.add({ subject, slot }, text, { source: "made", at, by: who }, (value) => ({
        ...record ?? emptyRecord(subject, slot, at),
        values: [...record?.values ?? [], value],
        rotation: {
          candidate: value.number,
          from: ownOf(record?.has ?? {}, members),
          machine: newRotation(joined),
          ...{ reason, who, startedAt: at, phase: "escrow" },
        },
      }));
      await audit.record({
        event: "secret.rotation.started",
        class: "security",
        who,
        target: subject,
        outcome: "ok",
        detail: { slot, reason, stations: members.map(({ id }) => id).join(" "), value: started.rotation!.candidate },
      });
      return started;
    });
  }

  /** A person has set a secret by hand, or could not. @throws GatewayError SECRET_REFUSED */
  async confirm(station: string, slot: SecretSlot, isDone: boolean, who: string, why?: string): Promise<SecretRecord> {
    return await this.#change(station, slot, (machine) => personDid(machine, station, isDone, why), {
      may: (machine) => machine.members.some((member) => member.station === station && isWaiting(member)),
      otherwise: `${station} does not wait for anybody to set its ${slot}`,
      event: "secret.step.confirmed",
      who,
      detail: { done: isDone, ...why === undefined ? {} : { why } },
    });
  }

  /** A person has looked at a controller whose tries are spent: they begin anew. @throws GatewayError SECRET_REFUSED */
  async retry(station: string, slot: SecretSlot, who: string): Promise<SecretRecord> {
    await this.#parts.forgive(station, who);
    return await this.#change(station, slot, (machine) => retry(machine, station), {
      may: () => true,
      otherwise: "",
      event: "secret.rotation.retried",
      who,
      detail: {},
    });
  }

  /** The unit's controllers, none of which may be gone. */
  #members(subject: string, slot: SecretSlot): readonly Station[] {
    const members = membersOf(this.#parts, subject, slot);
    if (members.length > 0) return members;
    throw refused(
      `No controller of ${subject} has a ${slot}, as far as the gateway knows`,
      "Its pages and their driver stand under stations[].ui",
    );
  }

  /** Takes what the files of the site hold for controllers that the vault has nothing of. */
  async #withFileSecrets(
    subject: string,
    slot: SecretSlot,
    members: readonly Station[],
  ): Promise<SecretRecord | undefined> {
    const { book, fileSecret, context: { clock } } = this.#parts;
    let record = book.get(subject, slot);
    const taken = new Map<string, number>();
    for (const member of members) {
      if (record?.has[member.id] !== undefined) continue;
      const text = isAccount(slot) ? fileSecret(member, slot) : undefined;
      if (text === undefined) continue;
      const at = clock.now(), before: SecretRecord = record ?? emptyRecord(subject, slot, at), same = taken.get(text);
      const having = (number: number): SecretRecord["has"] => ({ ...before.has, [member.id]: number });
      if (same !== undefined) {
        record = { ...before, has: having(same) };
        await book.put(record);
        continue;
      }
      record = await book.add(before, text, { source: "file", at, by: "site.yaml" }, (value: SecretValue) => {
        taken.set(text, value.number);
        return { ...before, has: having(value.number), values: [...before.values, value] };
      });
    }
    return record;
  }

  async #change(
    station: string,
    slot: SecretSlot,
    how: (machine: Rotation) => Rotation,
    { may, otherwise, event, who, detail }: {
      readonly may: (machine: Rotation) => boolean;
      readonly otherwise: string;
      readonly event: "secret.rotation.retried" | "secret.step.confirmed";
      readonly who: string;
      readonly detail: Readonly<Record<string, string | boolean>>;
    },
  ): Promise<SecretRecord> {
    const { book, context: { audit } } = this.#parts;
    const named = this.#recordOf(station, slot);
    return await this.#turns.run([recordId(named.subject, slot)], async () => {
      const record = book.get(named.subject, slot), rotation = record?.rotation;
      if (!record || !rotation) throw refused(`${station} ${slot} is not being changed`, "`secret list` shows all");
      if (!may(rotation.machine)) throw refused(otherwise, "`secret list` shows what waits for whom");
      await audit.record({
        event,
        class: "security",
        who,
        target: station,
        outcome: "ok",
        detail: { slot, ...detail },
      });
      const changed = { ...record, rotation: { ...rotation, machine: how(rotation.machine) } };
      await book.put(changed);
      return changed;
    });
  }

  #recordOf(station: string, slot: SecretSlot): SecretRecord {
    const { book, stations } = this.#parts;
    const place = stations().find(({ id }) => id === station);
    const record =
      book.all().find((one) =>
        one.slot === slot && one.rotation?.machine.members.some((member) => member.station === station)
      ) ?? (place && book.get(secretSubject(this.#parts, place, slot), slot));
    if (record) return record;
    throw refused(`${station} ${slot} is not being changed`, "`secret list` shows all");
  }
}

const isWaiting = ({ way, step }: Rotation["members"][number]): boolean =>
  way === "person" && (step === "prove" || step === "set");

/** A record before its first value. */
export function emptyRecord(subject: string, slot: SecretSlot, since: number): SecretRecord {
  return { subject, slot, has: {}, values: [], since, witnesses: [] };
}

const ownOf = (has: SecretRecord["has"], members: readonly Station[]): StoredRotation["from"] =>
  Object.fromEntries(members.flatMap(({ id }) => has[id] === undefined ? [] : [[id, has[id]]]));

/** What cannot be done now, and what to do instead. */
export function refused(message: string, hint: string): GatewayError {
  return new GatewayError("SECRET_REFUSED", message, { hint });
}

/** A reason, custodian or place. @throws GatewayError SECRET_REFUSED */
export function readText(value: unknown, what: string): string {
  const text = typeof value === "string" ? value.trim() : "";
  if (text.length >= 3 && text.length <= VAULT_LIMITS.textChars) return text;
  throw refused(`${what} of 3 to ${VAULT_LIMITS.textChars} characters is needed`, "It stands in the audit trail");
}
