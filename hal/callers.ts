import type { PeerCredentials } from "./peer_credentials.ts";
import type { PermissionClass } from "./verb.ts";

/** A user that may call hald, and for what. */
export interface Caller {
  readonly uid: number;
  readonly may: readonly PermissionClass[];
}

/** What root may do without being listed: look. Whoever is root needs no hald for more. */
const ROOT_MAY: readonly PermissionClass[] = ["read"];

/** The permission classes of a peer; empty = refused. A peer that is not known for certain has none. */
export function permissionsOf(
  peer: PeerCredentials | undefined,
  callers: readonly Caller[],
): ReadonlySet<PermissionClass> {
  if (!peer) return new Set();
  const listed = callers.filter((caller) => caller.uid === peer.uid).flatMap((caller) => caller.may);
  return new Set([...listed, ...peer.uid === 0 ? ROOT_MAY : []]);
}
