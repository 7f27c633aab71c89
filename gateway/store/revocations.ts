import { createHash } from "node:crypto";
import { KEYS, UNION_ON_RESTORE, VOID_AFTER, VOID_ON_RESTORE } from "./keys.ts";
import type { Mutation, Store } from "./store.ts";

/**
 * "certificate": id is the serial number in lower-case hex. "credential": id is the station whose password is void.
 * "person": id is the name of a removed person. "station": the mark of a decommissioned station. "token": id of a revoked
 * API token.
 */
export const REVOCATION_KINDS = ["certificate", "credential", "person", "station", "token"] as const;
/** One kind of revocation. */
export type RevocationKind = typeof REVOCATION_KINDS[number];

/** One revocation. A credential given to the station after `at` is good. */
export interface Revocation {
  readonly kind: RevocationKind;
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Audit events that stand for a revocation of their target; a restore replays them from an audit copy. */
export const REVOCATION_EVENTS: Readonly<Record<string, RevocationKind>> = {
  "certificate.serial.revoked": "certificate",
  "people.account.removed": "person",
  "people.token.revoked": "token",
  "station.credential.renewed": "credential",
  "station.credential.revoked": "credential",
  "station.entry.decommissioned": "station",
};

/** What stays of the id of a decommissioned station in the list of erased ones: enough to know it when it comes again. */
export function stationMark(id: string): string {
  return createHash("sha256").update(`bulkhead-erased-station\n${id}`).digest("hex");
}

/** Notes that stations which were erased after a backup are in a store that was restored from it. @returns how many */
export async function eraseAgain(store: Store, takenAt: number): Promise<number> {
  let count = 0;
  for await (const { id, at } of listRevocations(store, "station")) {
    if (at <= takenAt) continue;
    await store.commit([{ set: [...KEYS.decommission, "again", id], value: { at } }]);
    count += 1;
  }
  return count;
}

/** The change that records a revocation: part of the same commit that makes it effective. */
export function revoke({ kind, id, at }: Revocation): Mutation {
  return { set: [...KEYS.revocations, kind, id], value: { at } };
}

/** When this was revoked, or undefined. */
export async function revokedAt(store: Store, kind: RevocationKind, id: string): Promise<number | undefined> {
  return (await store.get<{ at: number }>([...KEYS.revocations, kind, id]))?.value.at;
}

/** Every revocation of one kind. */
export async function* listRevocations(store: Store, kind: RevocationKind): AsyncGenerator<Revocation> {
  for await (const { key, value } of store.list<{ at: number }>([...KEYS.revocations, kind], { limit: Infinity })) {
    yield { kind, id: String(key[2]), at: value.at };
  }
}

/**
 * Records a revocation unless the same or a later one is known, and deletes what it makes void (VOID_AFTER).
 * @returns whether it was news
 */
export async function addRevocation(store: Store, revocation: Revocation): Promise<boolean> {
  const known = await revokedAt(store, revocation.kind, revocation.id);
  if (known !== undefined && known >= revocation.at) return false;
  const voided = VOID_AFTER[revocation.kind].map((prefix) => ({ delete: [...prefix, revocation.id] }));
  await store.commit([revoke(revocation), ...voided]);
  return true;
}

/** Forgets in a restored store what is only good on the box that it was made on: logins above all. */
export async function forgetLogins(store: Store): Promise<void> {
  for (const prefix of VOID_ON_RESTORE) {
    await store.commit([{ delete: [...prefix] }]);
    for await (const { key } of store.list([...prefix], { limit: Infinity })) await store.commit([{ delete: key }]);
  }
}

/**
 * Takes into a restored store what the old one knows: all its revocations, as addRevocation does, and below the other
 * prefixes of UNION_ON_RESTORE every entry that the restored one lacks. @returns how many were news
 */
export async function mergeUnion(into: Store, from: Store): Promise<number> {
  let merged = 0;
  for (const kind of REVOCATION_KINDS) {
    for await (const revocation of listRevocations(from, kind)) {
      if (await addRevocation(into, revocation)) merged += 1;
    }
  }
  for (const prefix of UNION_ON_RESTORE) {
    for await (const { key, value } of from.list(prefix, { limit: Infinity })) {
      if (await into.get(key) !== undefined) continue;
      await into.commit([{ set: key, value }]);
      merged += 1;
    }
  }
  return merged;
}
