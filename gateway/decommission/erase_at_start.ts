import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/log.ts";
import { KEYS } from "../store/keys.ts";
import { stationMark } from "../store/revocations.ts";
import type { ErasingPlace, LeavingStation, StationEraser } from "../store/station_eraser.ts";
import type { OpenedStore } from "../store/store.ts";
import type { DecommissionRecord, ErasedPlace, EraseSearch } from "./record.ts";
import { searchFiles } from "./search.ts";

/** What the erasing at control's start works on: nobody else has read the store yet. */
export interface EraseStart {
  readonly place: ErasingPlace & { readonly store: OpenedStore };
  readonly erasers: readonly StationEraser[];
  /** Files of the store that are searched afterwards; none when it is not on this box. */
  readonly storeFiles: readonly string[];
  /** What site.yaml says of a station. */
  readonly known: (id: string) => Partial<LeavingStation>;
  readonly clock: Clock;
  readonly log: Logger;
}

const RUN = [...KEYS.decommission, "run"], AGAIN = [...KEYS.decommission, "again"];

/**
 * Erases what is to be erased, before any feature has read the store: memory holds nothing of the station that could be
 * written back, and the file can be written anew while nobody waits. Run again after a crash, it goes on; what it did is
 * added up. Stations that a restore has brought back are erased in the same way.
 */
export async function eraseAtStart(start: EraseStart): Promise<void> {
  const { store } = start.place;
  const runs: DecommissionRecord[] = [];
  for await (const { value } of store.list<DecommissionRecord>(RUN)) if (value.phase === "erasing") runs.push(value);
  const again = await broughtBack(start);
  if (runs.length + again.length === 0) return;
  const needles: Uint8Array[] = [], place = { ...start.place, needles };
  for (const run of runs) await eraseRun({ ...start, place }, run);
  for (const station of again) await eraseEach({ ...start, place }, station, () => Promise.resolve());
  const scrubbed = await store.scrub();
  const found = await searchFiles(start.storeFiles, needles);
  const shared = { at: start.clock.now(), pieces: needles.length, found, scrubbed };
  for (const { station, known } of runs) {
    await finishRun(start, station, { ...shared, left: await leftOf(start, known) });
  }
  await forgetMarks(start, again);
}

async function eraseRun(start: EraseStart, { station, known }: DecommissionRecord): Promise<void> {
  const { store } = start.place;
  await eraseEach(start, known, async (place) => {
    const run = (await store.get<DecommissionRecord>([...RUN, station]))!.value;
    const before = run.erased?.find(({ name }) => name === place.name);
    const summed = before
      ? { ...place, entries: place.entries + before.entries, files: place.files + before.files }
      : place;
    const erased = [...(run.erased ?? []).filter(({ name }) => name !== place.name), summed];
    await store.commit([{ set: [...RUN, station], value: { ...run, erased } }]);
  });
}

async function eraseEach(
  { place, erasers, log }: EraseStart,
  station: LeavingStation,
  told: (erased: ErasedPlace) => Promise<void>,
): Promise<void> {
  for (const eraser of erasers) {
    const { entries, files } = await eraser.erase(place, station);
    if (entries + files > 0) log.info("decommission.place.erased", { place: eraser.name, entries, files });
    await told({ name: eraser.name, holds: eraser.holds, entries, files });
  }
}

async function leftOf({ place, erasers }: EraseStart, station: LeavingStation): Promise<EraseSearch["left"]> {
  const left = [];
  for (const eraser of erasers) {
    const count = await eraser.leftOf(place, station);
    if (count > 0) left.push({ name: eraser.name, left: count });
  }
  return left;
}

async function finishRun({ place: { store } }: EraseStart, station: string, search: EraseSearch): Promise<void> {
  const run = (await store.get<DecommissionRecord>([...RUN, station]))!.value;
  await store.commit([{ set: [...RUN, station], value: { ...run, phase: "erased", search } }]);
}

/** Stations that a restored backup holds though they were decommissioned after it: known by their marks alone. */
async function broughtBack({ place: { store }, known }: EraseStart): Promise<readonly LeavingStation[]> {
  const marks = new Set<string>();
  for await (const { key } of store.list(AGAIN, { limit: Infinity })) marks.add(String(key.at(-1)));
  if (marks.size === 0) return [];
  const found = new Map<string, LeavingStation>(), tried = new Set<string>();
  for await (const { key } of store.list([], { limit: Infinity })) {
    // ids stand alone in keys, or in front of a blank or line break: "CP001\noperator", "CP001 main"
    for (const part of key.flatMap((each) => [String(each), ...String(each).split(/[\n ]/).slice(0, 1)])) {
      if (tried.has(part)) continue;
      tried.add(part);
      if (marks.has(stationMark(part))) found.set(part, { macs: [], addresses: [], ...known(part), id: part });
    }
  }
  return [...found.values()];
}

/** What was erased again is told by the feature, which has the audit chain. */
async function forgetMarks({ place: { store } }: EraseStart, again: readonly LeavingStation[]): Promise<void> {
  const told = [...KEYS.decommission, "erased-again"];
  for (const { id } of again) await store.commit([{ set: [...told, id], value: true }]);
  for await (const { key } of store.list(AGAIN, { limit: Infinity })) await store.commit([{ delete: key }]);
}
