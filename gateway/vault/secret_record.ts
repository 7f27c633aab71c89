import type { RotationReason, SecretSlot, SecretWitness } from "../../policies/secret_schedule.ts";
import type { Rotation } from "../../policies/secret_rotation_types.ts";

/** One value that a secret has or had; the text itself stands sealed beside it. Times are wall milliseconds. */
export interface SecretValue {
  /** Unique in this gateway, and larger than those of all values before it. */
  readonly number: number;
  /** "made" by the gateway, read from a "file" of the site, "brought" by a person. */
  readonly source: "brought" | "file" | "made";
  readonly at: number;
  readonly by: string;
}

/** A rotation as it is stored: before every step, so that it goes on where it was. */
export interface StoredRotation {
  /** The value that all controllers are to have. */
  readonly candidate: number;
  /** The value that each controller has had before; absent: nobody knows it, and a person has to set the new one. */
  readonly from: Readonly<Record<string, number>>;
  readonly machine: Rotation;
  readonly reason: RotationReason;
  readonly who: string;
  readonly startedAt: number;
  /** "escrow": the new value is not off this box yet, so no controller gets it (invariant 16). */
  readonly phase: "escrow" | "running";
}

/** How a rotation ended. */
export interface RotationEnd {
  readonly outcome: "committed" | "rolled-back";
  readonly at: number;
  readonly reason: RotationReason;
  /** Why nothing was changed. */
  readonly why?: string;
}

/** One secret of a unit: what its controllers have, which values are kept, who knows them. */
export interface SecretRecord {
  /** The unit, or the station that is none's part. */
  readonly subject: string;
  readonly slot: SecretSlot;
  /** The value that each controller has, by station. */
  readonly has: Readonly<Record<string, number>>;
  /** The oldest first. */
  readonly values: readonly SecretValue[];
  /** When the value in force came into force. */
  readonly since: number;
  readonly witnesses: readonly SecretWitness[];
  readonly due?: { readonly at: number; readonly reason: RotationReason };
  readonly rotation?: StoredRotation;
  readonly last?: RotationEnd;
}

/** Names of records hold no line break. */
export const recordId = (subject: string, slot: SecretSlot): string => `${subject}\n${slot}`;

/** As people and alarms name it. */
export const nameOf = ({ subject, slot }: Pick<SecretRecord, "slot" | "subject">): string => `${subject} ${slot}`;

/** The value that one controller has now; undefined while that is not known, or it was never set here. */
export function valueOf(record: SecretRecord, station: string): number | undefined {
  const { rotation } = record;
  const member = rotation?.machine.members.find((one) => one.station === station);
  if (!rotation || !member) return record.has[station];
  if (member.has === "unknown") return undefined;
  return member.has === "new" ? rotation.candidate : rotation.from[station];
}

/** The value that all controllers of the unit have; undefined when they differ or one is not known. */
export function commonValue(record: SecretRecord): number | undefined {
  const values = Object.keys(record.has).map((station) => valueOf(record, station));
  return values.length > 0 && values.every((value) => value === values[0]) ? values[0] : undefined;
}
