import { endedWork, workOf } from "../../policies/incident_work.ts";
import type { SeenRecord } from "../../policies/incident_signals.ts";
import type { KnownWork, WorkKind } from "../../policies/incident_types.ts";
import { INCIDENT_LIMITS } from "./limits.ts";

interface Work {
  readonly kind: WorkKind;
  readonly name: string;
  readonly by: string;
  readonly from: number;
  until: number;
}

/** What work was done at which station, as the audit chain tells it. In memory: what is under way after a restart its owner says. */
export class Works {
  readonly #stations = new Map<string, Work[]>();

  /** Takes a record of the chain that was written at `at`. */
  take(record: SeenRecord, at: number): void {
    const news = workOf(record);
    for (const station of news?.stations ?? []) {
      const { kind, name, by, forMs } = news!;
      this.#put(station, { kind, name, by, from: at, until: at + forMs });
    }
    const ended = endedWork(record);
    if (!ended) return;
    for (const works of this.#stations.values()) {
      for (const work of works) if (work.name === ended.name) work.until = Math.min(work.until, at + ended.forMs);
    }
  }

  /** Work at a station that explains what is seen at `at`. */
  of(station: string, at: number): readonly KnownWork[] {
    const works = this.#stations.get(station) ?? [];
    return works.filter(({ from, until }) => from <= at && at <= until).map(({ kind, by }) => ({ kind, by }));
  }

  #put(station: string, work: Work): void {
    const before = this.#stations.get(station) ?? [];
    const same = before.find(({ name }) => name === work.name);
    const others = before.filter((one) => one !== same && one.until >= work.from);
    const next = [...others, { ...work, from: same ? Math.min(same.from, work.from) : work.from }];
    this.#stations.delete(station);
    this.#stations.set(station, next.slice(-INCIDENT_LIMITS.works));
    if (this.#stations.size > INCIDENT_LIMITS.workStations) {
      this.#stations.delete(this.#stations.keys().next().value!);
    }
  }
}
