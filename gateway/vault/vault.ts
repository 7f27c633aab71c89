import type { DeviceRole } from "../../policies/access_types.ts";
import {
  isAccount,
  isKnownTo,
  rotationDue,
  type SecretSlot,
  soonerOf,
  withWitness,
} from "../../policies/secret_schedule.ts";
import { standingOf } from "../../policies/secret_rotation.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import { Turns } from "../core/turns.ts";
import { Escrow, type EscrowNeeds } from "./escrow.ts";
import { VAULT_LIMITS } from "./limits.ts";
import { regroup } from "./regroup.ts";
import { ResetCards } from "./reset_cards.ts";
import { type RotationParts, Rotations } from "./rotations.ts";
import { SecretBook } from "./secret_book.ts";
import { commonValue, recordId, type SecretRecord, valueOf } from "./secret_record.ts";

/** What the vault needs of the others. */
export interface VaultParts extends Omit<RotationParts, "book" | "escrow" | "turns"> {
  readonly escrow: EscrowNeeds;
}

/** The password of an account, for a login that the gateway makes. */
export type KnownPassword =
  | { readonly state: "known"; readonly password: string }
  /** It is being changed this moment: nobody knows which one it is. */
  | { readonly state: "changing" }
  /** The vault has none. */
  | { readonly state: "none" };

/** How one secret stands, in one word. */
export type SecretState = "due" | "escrow" | "held" | "person" | "rotating" | "settled" | "split" | "unsettled";

/** What erasing the secrets of a station came to. */
export interface ErasedSecrets {
  /** Values that nobody can open any more. */
  readonly values: number;
  readonly cards: number;
  /** Secrets that another controller of the unit has, too: they are changed there. */
  readonly changed: readonly string[];
}

/** The secrets of the site's devices. */
export class Vault {
  readonly book: SecretBook;
  readonly escrow: Escrow;
  readonly rotations: Rotations;
  readonly cards: ResetCards;
  /** Work on one record, one after the other. */
  readonly turns: Turns;
  readonly #parts: VaultParts;

  private constructor(
    parts: VaultParts,
    { book, escrow, rotations, cards }: Pick<Vault, "book" | "cards" | "escrow" | "rotations">,
    turns: Turns,
  ) {
    this.#parts = parts;
    this.book = book;
    this.escrow = escrow;
    this.rotations = rotations;
    this.cards = cards;
    this.turns = turns;
  }

  static async open(parts: VaultParts): Promise<Vault> {
    const { context } = parts, turns = new Turns();
    const book = await SecretBook.open(context);
    const escrow = await Escrow.open(context, book, parts.escrow);
    const rotations = new Rotations({ ...parts, book, escrow, turns });
    return new Vault(parts, { book, escrow, rotations, cards: await ResetCards.open(context) }, turns);
  }

  /** The password of an account of a station's controller. */
  async passwordOf(station: string, role: DeviceRole): Promise<KnownPassword> {
    const record = this.book.ofStation(station, role);
    if (!record) return { state: "none" };
    const number = valueOf(record, station);
    return number === undefined
      ? { state: "changing" }
      : { state: "known", password: await this.book.text(record, number) };
  }

  /** A login was made for a person with what the vault has; kept once for each value. */
  async used(station: string, role: DeviceRole, person: string): Promise<void> {
    const record = this.book.ofStation(station, role), value = record && valueOf(record, station);
    if (!record || value === undefined) return;
    const isKnown = record.witnesses.some((one) => one.person === person && one.value === value && one.usedAt);
    if (isKnown) return;
    const usedAt = this.#parts.context.clock.now();
    await this.update(record, (now) => witnessed(now, { person, value, usedAt }));
  }

  /** A person has left: what was shown to or used for them is changed. @returns the secrets */
  async personLeft(person: string, who: string): Promise<readonly SecretRecord[]> {
    const { clock, audit } = this.#parts.context;
    const known = this.book.all().filter((record) => isKnownTo(record.witnesses, person, inForce(record)));
    await audit.record({
      event: "secret.person.left",
      class: "security",
      who,
      target: person,
      outcome: "ok",
      detail: { secrets: known.length },
    });
    const due = { at: clock.now(), reason: "left" } as const;
    for (const record of known) await this.update(record, (now) => ({ ...now, due: soonerOf(now.due, due) }));
    return known;
  }

  /**
   * Destroys the secrets of a station that leaves the site, with the key that they are under (invariant 14). What another
   * controller of the unit has as well is changed there instead.
   */
  async eraseStation(station: string, who: string): Promise<ErasedSecrets> {
    const { context: { audit, clock }, stations } = this.#parts;
    const own = this.book.all().filter((record) => concerns(record, station));
    const living = new Set(stations().map(({ id }) => id));
    const isShared = (record: SecretRecord) => stationsOf(record).some((id) => id !== station && living.has(id));
    const shared = own.filter(isShared),
      subjects = new Set(own.filter((record) => !isShared(record)).map(({ subject }) => subject));
    for (const { subject } of shared) subjects.delete(subject);
    if (own.length === 0) subjects.add(station);
    for (const record of shared) {
      const due = { at: clock.now(), reason: "part-gone" } as const;
      await this.update(record, (now) => without(now, station, due));
    }
    let values = 0, cards = 0;
    for (const subject of subjects) {
      const ids = this.book.all().filter((record) => record.subject === subject).map(({ slot }) =>
        recordId(subject, slot)
      );
      values += await this.turns.run(ids, () => this.book.erase(subject));
      cards += await this.cards.erase(subject);
    }
    const changed = shared.map(({ subject, slot }) => `${subject} ${slot}`);
    await audit.record({
      event: "secret.unit.erased",
      class: "security",
      who,
      target: station,
      outcome: "ok",
      detail: { values, cards, changed: changed.length },
    });
    return { values, cards, changed };
  }

  /** Starts what is due, and goes on with what was started. */
  async tick(): Promise<void> {
    await regroup(this, this.#parts);
    await this.#startDue();
    await this.rotations.tick();
    await this.coverBrought();
    this.#measure();
  }

  /** Has what people brought kept off this box as well (invariant 16); a change that runs sees to its own. */
  async coverBrought(): Promise<void> {
    const open = this.book.all().filter((record) => record.rotation === undefined && !this.isCovered(record));
    const numbers = open.flatMap((record) => inForce(record));
    if (numbers.length > 0) await this.escrow.cover(Math.max(...numbers));
  }

  /** Changes a record as it stands when its turn has come; one that is gone stays gone. */
  async update(named: SecretRecord, how: (record: SecretRecord) => SecretRecord): Promise<void> {
    const { subject, slot } = named;
    await this.turns.run([recordId(subject, slot)], async () => {
      const record = this.book.get(subject, slot);
      if (record) await this.book.put(how(record));
    });
  }

  /** When a secret is to be changed, and why. */
  dueOf(record: SecretRecord): ReturnType<typeof rotationDue> {
    const { slot, since, due, last } = record;
    const failedAt = last?.outcome === "rolled-back" ? last.at : undefined;
    return rotationDue({
      ...{ slot, since, isRotating: record.rotation !== undefined },
      ...due ? { due } : {},
      ...failedAt === undefined ? {} : { failedAt },
    }, withoutAbsent(this.#parts.context.site.vault.maxAgeDays));
  }

  /** How a secret stands. */
  stateOf(record: SecretRecord): SecretState {
    const now = this.#parts.context.clock.now(), { rotation } = record;
    if (!rotation) return (this.dueOf(record)?.at ?? Infinity) <= now ? "due" : "settled";
    if (rotation.phase === "escrow") return "escrow";
    const { held, isSplit, unsettled, person } = standingOf(rotation.machine, now);
    if (isSplit) return "split";
    if (held.length > 0) return "held";
    if (unsettled.length > 0) return "unsettled";
    return person.length > 0 ? "person" : "rotating";
  }

  /** Whether what is in force is kept off this box as well. */
  isCovered(record: SecretRecord): boolean {
    return inForce(record).every((number) => this.escrow.covers(number));
  }

  async #startDue(): Promise<void> {
    const { context: { clock, log } } = this.#parts, now = clock.now();
    for (const record of this.book.all()) {
      const due = this.dueOf(record);
      if (!due || due.at > now) continue;
      const { subject, slot } = record;
      try {
        await this.rotations.start(subject, slot, due.reason, "gateway");
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        log.warn("vault.rotation.not-begun", { msg: describeError(error) });
        const last = { outcome: "rolled-back", at: now, reason: due.reason, why: error.message } as const;
        await this.update(record, (stands) => ({ ...stands, last }));
      }
    }
  }

  #measure(): void {
    const { metrics } = this.#parts.context, all = this.book.all();
    const counts = Map.groupBy(all, (record) => this.stateOf(record));
    for (const state of STATES) metrics.set("bulkhead_vault_secrets", counts.get(state)?.length ?? 0, { state });
    metrics.set("bulkhead_vault_uncovered_secrets", all.filter((record) => !this.isCovered(record)).length);
  }
}

const STATES: readonly SecretState[] = ["due", "escrow", "held", "person", "rotating", "settled", "split", "unsettled"];

/** The record with one more person who knows a value. */
export function witnessed(record: SecretRecord, added: Parameters<typeof withWitness>[1]): SecretRecord {
  return { ...record, witnesses: withWitness(record.witnesses, added, VAULT_LIMITS.witnesses) };
}

/** Numbers of the values that a controller has, or may have. */
export function inForce(record: SecretRecord): readonly number[] {
  const { has, rotation } = record;
  const one = commonValue(record);
  if (one !== undefined) return [one];
  return [
    ...new Set([...Object.values(has), ...rotation ? [rotation.candidate, ...Object.values(rotation.from)] : []]),
  ];
}

const stationsOf = ({ has, rotation }: SecretRecord): readonly string[] => [
  ...new Set([...Object.keys(has), ...rotation?.machine.members.map(({ station }) => station) ?? []]),
];

const concerns = (record: SecretRecord, station: string): boolean =>
  record.subject === station || stationsOf(record).includes(station);

function without(record: SecretRecord, station: string, due: NonNullable<SecretRecord["due"]>): SecretRecord {
  const { [station]: _, ...has } = record.has, { rotation } = record;
  const rest: SecretRecord = { ...record, has, due: soonerOf(record.due, due) };
  if (!rotation) return rest;
  const { [station]: __, ...from } = rotation.from;
  const members = rotation.machine.members.filter((member) => member.station !== station);
  return { ...rest, rotation: { ...rotation, from, machine: { ...rotation.machine, members } } };
}

function withoutAbsent<T extends object>(value: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never;
}

/** Slots by the account that a person has to be allowed for to be shown it: what is no account's counts as the strongest. */
export const roleOfSlot = (slot: SecretSlot): DeviceRole => isAccount(slot) ? slot : "manufacturer";
