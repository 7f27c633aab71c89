import { KEYS } from "./keys.ts";
import { isSealedValue, type SealBox } from "./sealer.ts";
import type { Mutation, Store, StoreEntry } from "./store.ts";
import { wipeFile } from "./wipe_file.ts";

/** Name of a prefix of the store. */
export type PrefixName = keyof typeof KEYS;

/** A station that leaves, with what else it is known by: the names go with it. */
export interface LeavingStation {
  readonly id: string;
  /** The unit whose last part it is: what stands under the unit's name goes with it. */
  readonly unit?: string;
  /** Lower-case, with colons. */
  readonly macs: readonly string[];
  /** IPv4 as text. */
  readonly addresses: readonly string[];
}

/** What erasers work on. */
export interface ErasingPlace {
  readonly store: Store;
  readonly sealer: Pick<SealBox, "unseal">;
  readonly dataDir: string;
  /** Takes pieces of sealed values that were deleted: a search of the raw files must find none of them afterwards. */
  readonly needles?: Uint8Array[];
}

/** What an eraser did. */
export interface Erased {
  readonly entries: number;
  readonly files: number;
}

/** Erases what one part of the gateway stores of a station. All are run again after a crash: doing it twice is fine. */
export interface StationEraser {
  /** As it stands in the certificate: "vault.values". */
  readonly name: string;
  /** What it is, in words. */
  readonly holds: string;
  /** The prefixes of the store that it answers for; some share one. */
  readonly prefixes: readonly PrefixName[];
  /** Folders and files below the data folder that it answers for. */
  readonly files?: readonly string[];
  erase(place: ErasingPlace, station: LeavingStation): Promise<Erased>;
  /** Entries and files that are still there. */
  leftOf(place: ErasingPlace, station: LeavingStation): Promise<number>;
}

/** Which entries below a prefix are a station's. */
export interface EntryRule {
  readonly name: string;
  readonly holds: string;
  readonly prefix: PrefixName;
  /** Further parts of the key: ["people", "grant"] is prefix people, below grant. */
  readonly below?: string;
  isOf(entry: StoreEntry<unknown>, station: LeavingStation, place: ErasingPlace): boolean | Promise<boolean>;
  /** The value without the station, where others share the entry; undefined: the entry goes. */
  without?(value: unknown, station: LeavingStation): unknown;
  /** Files that belong to an entry: wiped before it goes. */
  filesOf?(entry: StoreEntry<unknown>, place: ErasingPlace): readonly string[] | Promise<readonly string[]>;
  readonly files?: readonly string[];
}

/** Changes of one commit. */
const BATCH = 100;
/** A piece of a sealed value behind its form and nonce: long enough never to come about by chance. */
const NEEDLE = { from: 13, bytes: 24, most: 64 } as const;

/** An eraser of entries of the store. */
export function entryEraser(rule: EntryRule): StationEraser {
  const prefix = [...KEYS[rule.prefix], ...rule.below === undefined ? [] : [rule.below]];
  return {
    name: rule.name,
    holds: rule.holds,
    prefixes: [rule.prefix],
    ...rule.files ? { files: rule.files } : {},
    erase: async (place, station) => {
      let files = 0;
      const changes: Mutation[] = [];
      for await (const entry of ofStation(rule, prefix, place, station)) {
        for (const file of await rule.filesOf?.(entry, place) ?? []) files += Number(await wipeFile(file));
        collectNeedles(entry.value, place.needles);
        const rest = rule.without?.(entry.value, station);
        const { key, expiresAt } = entry;
        const kept = { set: key, value: rest, ...expiresAt === undefined ? {} : { expiresAt } };
        changes.push(rest === undefined ? { delete: key } : kept);
      }
      for (let at = 0; at < changes.length; at += BATCH) await place.store.commit(changes.slice(at, at + BATCH));
      return { entries: changes.length, files };
    },
    leftOf: async (place, station) => {
      let left = 0;
      for await (const _entry of ofStation(rule, prefix, place, station)) left++;
      return left;
    },
  };
}

async function* ofStation(
  rule: EntryRule,
  prefix: readonly string[],
  place: ErasingPlace,
  station: LeavingStation,
): AsyncGenerator<StoreEntry<unknown>> {
  for await (const entry of place.store.list(prefix, { limit: Infinity })) {
    if (await rule.isOf(entry, station, place)) yield entry;
  }
}

/** The part of the key at this place is the station's id, exactly (invariant 11). */
export const atKey = (index: number): EntryRule["isOf"] => ({ key }, { id }) => key[index] === id;

/** The part of the key at this place begins with the station's id and one of these characters: "CP001\noperator". */
export const headOfKey = (index: number, separator: string): EntryRule["isOf"] => ({ key }, { id }) =>
  String(key[index]).startsWith(`${id}${separator}`);

/** The value has a field with the station's id. */
export const inField = (name: string): EntryRule["isOf"] => ({ value }, { id }) =>
  typeof value === "object" && value !== null && (value as Record<string, unknown>)[name] === id;

function collectNeedles(value: unknown, needles: Uint8Array[] | undefined, depth = 0): void {
  if (!needles || needles.length >= NEEDLE.most || typeof value !== "object" || value === null || depth > 8) return;
  const bytes = isSealedValue(value) ? value.sealed : value instanceof Uint8Array ? value : undefined;
  if (bytes) {
    if (bytes.length >= NEEDLE.from + NEEDLE.bytes) needles.push(bytes.slice(NEEDLE.from, NEEDLE.from + NEEDLE.bytes));
    return;
  }
  for (const part of Object.values(value)) collectNeedles(part, needles, depth + 1);
}
