import { KEYS, UNION_ON_RESTORE } from "./keys.ts";
import type { Mutation, Store } from "./store.ts";

/** "certificate": id is the serial number in lower-case hex. "credential": id is the station whose password is void. */
export const REVOCATION_KINDS = ["certificate", "credential"] as const;
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
  "station.credential.revoked": "credential",
};

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

/** Records a revocation unless the same or a later one is known. @returns whether it was news */
export async function addRevocation(store: Store, revocation: Revocation): Promise<boolean> {
  const known = await revokedAt(store, revocation.kind, revocation.id);
  if (known !== undefined && known >= revocation.at) return false;
  await store.commit([revoke(revocation)]);
  return true;
}

/**
 * Copies into a restored store what the old one knows below the prefixes of UNION_ON_RESTORE and the restored one does
 * not, or knows with an earlier `at`. @returns how many entries were copied
 */
export async function mergeUnion(into: Store, from: Store): Promise<number> {
  let merged = 0;
  for (const prefix of UNION_ON_RESTORE) {
    for await (const { key, value } of from.list(prefix, { limit: Infinity })) {
      const known = await into.get(key);
      if (known !== undefined && !(timeOf(value) > timeOf(known.value))) continue;
      await into.commit([{ set: key, value }]);
      merged += 1;
    }
  }
  return merged;
}

function timeOf(value: unknown): number {
  const at = (value as { at?: unknown } | null)?.at;
  return typeof at === "number" ? at : -Infinity;
}
