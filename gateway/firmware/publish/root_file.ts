import type { Metadata } from "@tufjs/models";
import { describeError } from "../../core/errors.ts";
import { FIRMWARE_LIMITS } from "../limits.ts";
import { addSignatures, expiry, readMetadata, SPEC_VERSION, textOfMetadata } from "./signed_metadata.ts";
import { invalid, type OpenKey, type RepositoryKey } from "./signing_key.ts";

/** What a root is made of. */
export interface RootPlan {
  /** Offline keys: who holds them decides. */
  readonly keys: readonly RepositoryKey[];
  /** How many of them must sign the next root. */
  readonly threshold: number;
  /** Signs what changes often: targets, snapshot and timestamp. */
  readonly publisher: RepositoryKey;
  readonly days: number;
  readonly preset: "two-of-three" | "single-key";
}

/** How far a root is signed. */
export interface RootState {
  readonly version: number;
  readonly expires: string;
  readonly threshold: number;
  readonly keys: readonly { readonly keyid: string; readonly signed: boolean }[];
  readonly publisher: readonly string[];
  /** Signed by as many of its own keys as it asks for. */
  readonly isComplete: boolean;
  /** Signed also by as many keys of the root before it, where that one was given. */
  readonly isLinked?: boolean;
}

interface RootJson {
  readonly version: number;
  readonly expires: string;
  readonly keys: Readonly<Record<string, unknown>>;
  readonly roles: Readonly<Record<string, { readonly keyids: readonly string[]; readonly threshold: number }>>;
}

/** The first root of a repository, still unsigned. @throws GatewayError FIRMWARE_ROOT_INVALID */
export function newRoot(plan: RootPlan, now: number): string {
  return unsigned(plan, 1, now);
}

/** The root after this one, still unsigned: it counts when the keys of both have signed it. @throws FIRMWARE_ROOT_INVALID */
export function nextRoot(before: string, plan: RootPlan, now: number): string {
  return unsigned(plan, signedOf(open(before)).version + 1, now);
}

/** The same root with one more signature. @throws GatewayError FIRMWARE_ROOT_INVALID for a key that has no say in it */
export function signRoot(text: string, key: OpenKey, before?: string): string {
  const root = open(text);
  const named = [text, ...(before === undefined ? [] : [before])].flatMap((one) => rolesOf(one).root!.keyids);
  if (!named.includes(key.key.keyid)) {
    const hint = before === undefined ? "To sign with a key of the root before it, name that with --before" : undefined;
    throw invalid(`The key ${key.key.keyid.slice(0, 12)} has no say in this root`, hint);
  }
  addSignatures(root, [key]);
  return textOfMetadata(root);
}

/** How far a root is signed. @throws GatewayError FIRMWARE_ROOT_INVALID */
export function stateOfRoot(text: string, before?: string): RootState {
  const root = open(text);
  const { version, expires, roles } = signedOf(root);
  const { keyids, threshold } = roles["root"]!;
  const isSignedFor = (by: Metadata<never>) => {
    try {
      by.verifyDelegate("root", root);
      return true;
    } catch (_tooFew) {
      return false;
    }
  };
  return {
    version,
    expires,
    threshold,
    keys: keyids.map((keyid) => ({ keyid, signed: keyid in root.signatures })),
    publisher: roles["timestamp"]!.keyids,
    isComplete: isSignedFor(root),
    ...(before === undefined
      ? {}
      : { isLinked: isSignedFor(open(before)) && signedOf(open(before)).version + 1 === version }),
  };
}

/** The JSON of a root's signed part. @throws GatewayError FIRMWARE_ROOT_INVALID */
export function rootJson(text: string): RootJson {
  return signedOf(open(text));
}

function unsigned({ keys, threshold, publisher, days, preset }: RootPlan, version: number, now: number): string {
  const count = new Set(keys.map(({ keyid }) => keyid)).size;
  if (count < keys.length) throw invalid("The same key is named twice");
  if (count > FIRMWARE_LIMITS.rootKeys) {
    throw invalid(`A root has at most ${FIRMWARE_LIMITS.rootKeys} keys, got ${count}`);
  }
  if (threshold < 1 || threshold > count) {
    throw invalid(`${threshold} of ${count} keys cannot sign: wanted 1 to ${count}`);
  }
  if (preset === "two-of-three" && (count < 3 || threshold < 2)) {
    throw invalid(
      `A root of ${threshold} of ${count} keys is lost or stolen with one of them: wanted at least 2 of 3`,
      "With --preset single-key one key is enough; the site then needs firmware.preset: single-key",
    );
  }
  if (preset === "two-of-three" && keys.some(({ keyid }) => keyid === publisher.keyid)) {
    throw invalid("The publisher's key is online: it must not be one of the root's keys");
  }
  const all = [...keys, publisher];
  const online = { keyids: [publisher.keyid], threshold: 1 };
  const signed = {
    _type: "root",
    spec_version: SPEC_VERSION,
    version,
    expires: expiry(now, days),
    consistent_snapshot: true,
    keys: Object.fromEntries(all.map(({ keyid, ...rest }) => [keyid, rest])),
    roles: {
      root: { keyids: keys.map(({ keyid }) => keyid), threshold },
      targets: online,
      snapshot: online,
      timestamp: online,
    },
  };
  return textOfMetadata(readMetadata("root", { signed }));
}

function open(text: string): Metadata<never> {
  try {
    return readMetadata("root", JSON.parse(text));
  } catch (cause) {
    throw invalid(`The root cannot be read: ${describeError(cause)}`, "Name a root.json of `firmware root new`", cause);
  }
}

const signedOf = (root: Metadata<never>): RootJson => (root.toJSON() as unknown as { signed: RootJson }).signed;
const rolesOf = (text: string): { root?: { readonly keyids: readonly string[] } } => signedOf(open(text)).roles;
