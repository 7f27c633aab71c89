import { lastTime, mergeStations, stationKey } from "../../../policies/recording.ts";
import type { RecordedStation } from "../../../policies/recorded_message.ts";
import { POLICY_RECORD_LIMITS } from "./limits.ts";

/**
 * What was recorded of all stations, bounded, in memory, and now and then in one file beside the store. A convenience:
 * what a power cut takes is gone, and nobody was told that it is stored.
 */
export class RecordingStore {
  readonly #stations = new Map<string, RecordedStation>();
  #kinds = 0;
  #changed = false;
  #looks = 0;
  #bytes = 0;

  constructor(readonly file: string, readonly maxKinds: number = POLICY_RECORD_LIMITS.kinds) {}

  /** Takes in what a Worker handed over. */
  add(stations: readonly RecordedStation[]): void {
    for (const station of stations) {
      const key = stationKey(station);
      const known = this.#stations.get(key);
      const merged = mergeStations(known, station);
      this.#kinds += merged.messages.length - (known?.messages.length ?? 0);
      // Newest last, so that those longest unseen come first.
      this.#stations.delete(key);
      this.#stations.set(key, merged);
    }
    this.#changed ||= stations.length > 0;
    while (this.#kinds > this.maxKinds && this.#stations.size > 1) this.#dropOldest();
  }

  /** Stations in the order of their ids. */
  all(): readonly RecordedStation[] {
    return [...this.#stations.values()].sort((a, b) => stationKey(a) < stationKey(b) ? -1 : 1);
  }

  get kinds(): number {
    return this.#kinds;
  }

  /** Reads what an earlier run left. Lines that are no longer understood are left out. */
  async load(): Promise<void> {
    const text = await readBounded(this.file);
    for (const line of text.split("\n")) {
      const station = parseStation(line);
      if (station) this.add([station]);
    }
    this.#changed = false;
  }

  /** Writes the file when something changed, a large one not at every look. `now`: at the end of the process. */
  async save(now: boolean): Promise<boolean> {
    this.#looks++;
    const isLarge = this.#bytes > POLICY_RECORD_LIMITS.smallBytes;
    if (!this.#changed || (!now && isLarge && this.#looks % POLICY_RECORD_LIMITS.largeEvery !== 0)) return false;
    const text = this.all().map((station) => JSON.stringify(station) + "\n").join("");
    this.#changed = false;
    this.#bytes = text.length;
    await Deno.mkdir(this.file.slice(0, this.file.lastIndexOf("/")), { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(`${this.file}.new`, text, { mode: 0o600 });
    await Deno.rename(`${this.file}.new`, this.file);
    return true;
  }

  #dropOldest(): void {
    const [key, { messages }] = this.#stations.entries().next().value!;
    this.#stations.delete(key);
    this.#kinds -= messages.length;
  }
}

async function readBounded(file: string): Promise<string> {
  try {
    const { size } = await Deno.stat(file);
    return size > POLICY_RECORD_LIMITS.fileBytes ? "" : await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** One line of the file or of an export; undefined when it is none. */
export function parseStation(line: string): RecordedStation | undefined {
  try {
    const value = JSON.parse(line) as RecordedStation;
    const isStation = typeof value.resource.station.id === "string" && Array.isArray(value.messages) &&
      value.messages.every(({ action, times, count }) =>
        typeof action === "string" && Array.isArray(times) && times.every(Number.isFinite) && Number.isFinite(count)
      );
    return isStation
      ? { ...value, messages: [...value.messages].sort((a, b) => lastTime(a) - lastTime(b)) }
      : undefined;
  } catch {
    return undefined; // torn by a power cut, or of another version
  }
}
