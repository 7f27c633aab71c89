import {
  entryEraser,
  type EntryRule,
  headOfKey,
  type LeavingStation,
  type StationEraser,
} from "../store/station_eraser.ts";
import type { SecretRecord } from "./secret_record.ts";

/** What stands under the station's own name, and under its unit's when it was the last part of it. */
const ofSubject = (matches: (key: string, subject: string) => boolean): EntryRule["isOf"] => ({ key }, station) =>
  [station.id, ...station.unit === undefined ? [] : [station.unit]].some((name) => matches(String(key[2]), name));

const isHeaded = (key: string, subject: string) => key.startsWith(`${subject}\n`);

/**
 * Secrets of a station. `Vault.eraseStation` did the same while it ran and had what others share changed; this is for what
 * an older backup brings back. The key of the unit goes first: values without it are noise.
 */
export const VAULT_ERASERS: readonly StationEraser[] = [
  entryEraser({
    name: "vault.key",
    holds: "the key of its secrets, sealed",
    prefix: "vault",
    below: "key",
    isOf: ofSubject((key, subject) => key === subject),
  }),
  entryEraser({
    name: "vault.values",
    holds: "its passwords, recovery codes and log passwords, under that key",
    prefix: "vault",
    below: "value",
    isOf: ofSubject(isHeaded),
  }),
  entryEraser({
    name: "vault.secrets",
    holds: "who knew its secrets, and when they were changed",
    prefix: "vault",
    below: "secret",
    isOf: (entry, station, place) =>
      ofSubject(isHeaded)(entry, station, place) || hasPart(entry.value, station) ||
      headOfKey(2, "\n")(entry, station, place),
    without: (value, station) => withoutPart(value as SecretRecord, station),
  }),
  entryEraser({
    name: "vault.cards",
    holds: "reset cards of it, as keyed hashes, with who has them",
    prefix: "vault",
    below: "card",
    isOf: ({ value }, { id, unit }) => {
      const { subject } = value as { readonly subject: string };
      return subject === id || subject === unit;
    },
  }),
];

function hasPart(value: unknown, { id }: LeavingStation): boolean {
  const { has } = value as SecretRecord;
  return Object.hasOwn(has, id);
}

/** A unit whose other part stays keeps its secret, which is changed there. */
function withoutPart(record: SecretRecord, { id, unit }: LeavingStation): SecretRecord | undefined {
  if (record.subject === id || record.subject === unit) return undefined;
  const { [id]: _, ...has } = record.has;
  if (Object.keys(has).length === 0) return undefined;
  const { rotation, ...rest } = record;
  if (!rotation) return { ...rest, has };
  const { [id]: __, ...from } = rotation.from;
  const members = rotation.machine.members.filter(({ station }) => station !== id);
  return { ...rest, has, rotation: { ...rotation, from, machine: { ...rotation.machine, members } } };
}
