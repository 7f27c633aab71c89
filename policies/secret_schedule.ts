import type { DeviceRole } from "./access_types.ts";

/** What is kept in the vault for a unit: the password of an account, or one of the two that are no account's. */
export const SECRET_SLOTS = ["user", "operator", "installer", "manufacturer", "puk", "log-password"] as const;
/** One of them. */
export type SecretSlot = typeof SECRET_SLOTS[number];

/** Whether a slot is the password of an account. */
export function isAccount(slot: SecretSlot): slot is DeviceRole {
  return slot !== "puk" && slot !== "log-password";
}

/** Why a secret is changed; kept with it. */
export type RotationReason =
  /** It is older than the site lets it be. */
  | "age"
  /** A person asked for it. */
  | "asked"
  /** It came from a file of the site, or from a person's hands. */
  | "brought"
  /** A person who had seen or used it has left. */
  | "left"
  /** A controller of the unit is gone, and knows it. */
  | "part-gone"
  /** Other units have it than before. */
  | "regrouped"
  /** A person was shown it. */
  | "revealed";

/** A secret as far as its age and its witnesses go. Times are wall milliseconds. */
export interface SecretFacts {
  readonly slot: SecretSlot;
  /** When the value that the unit has now was made, or brought. */
  readonly since: number;
  /** Something is to happen earlier than the age says. */
  readonly due?: { readonly at: number; readonly reason: RotationReason };
  /** When the last rotation ended without a change. */
  readonly failedAt?: number;
  readonly isRotating: boolean;
}

/** How old a secret may become, in days by slot; absent: as old as it will. */
export type MaxAges = Readonly<Partial<Record<SecretSlot, number>>>;

const DAY_MS = 86_400_000;

/** After a rotation that changed nothing the next one waits for so long, so that a broken device is not knocked at all day. */
export const RETRY_MS = 6 * 3_600_000;

/** When a secret has to be changed, and why; undefined: never. */
export function rotationDue(
  { slot, since, due, failedAt, isRotating }: SecretFacts,
  maxAges: MaxAges,
): { readonly at: number; readonly reason: RotationReason } | undefined {
  if (isRotating) return undefined;
  const days = maxAges[slot];
  const byAge = days === undefined ? undefined : { at: since + days * DAY_MS, reason: "age" as const };
  const first = due && (!byAge || due.at <= byAge.at) ? due : byAge;
  if (!first) return undefined;
  return failedAt === undefined ? first : { ...first, at: Math.max(first.at, failedAt + RETRY_MS) };
}

/** Of several reasons to change a secret the one that counts: the earliest; of two at the same time the one that stood before. */
export function soonerOf(
  known: SecretFacts["due"],
  added: NonNullable<SecretFacts["due"]>,
): NonNullable<SecretFacts["due"]> {
  return known && known.at <= added.at ? known : added;
}

/** A person who was shown a value, or for whom a login with it was made. */
export interface SecretWitness {
  readonly person: string;
  /** Number of the value. */
  readonly value: number;
  readonly shownAt?: number;
  readonly usedAt?: number;
  /** The approved request that showed it: it shows nothing a second time. */
  readonly request?: string;
}

/** Whether a person who leaves takes one of these values along: it was shown to them, or used for them. */
export function isKnownTo(witnesses: readonly SecretWitness[], person: string, values: readonly number[]): boolean {
  const name = person.toLowerCase();
  return witnesses.some((witness) => witness.person.toLowerCase() === name && values.includes(witness.value));
}

/** The witnesses with one more, or one that is known better; at most `limit`, those who were added first go first. */
export function withWitness(
  witnesses: readonly SecretWitness[],
  added: SecretWitness,
  limit: number,
): readonly SecretWitness[] {
  const isSame = ({ person, value }: SecretWitness) => person === added.person && value === added.value;
  const known = witnesses.find(isSame);
  return [...witnesses.filter((witness) => !isSame(witness)), { ...known, ...added }].slice(-limit);
}
