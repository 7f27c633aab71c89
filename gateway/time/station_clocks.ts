import { type ClockCertificate, judgeStationClock, type StationClockVerdict } from "../../policies/station_clock.ts";
import type { ControlContext } from "../control/contract.ts";
import type { Site } from "../config/schema.ts";
import { TIME_LIMITS } from "./limits.ts";

/** One station's clock, as its own messages or its page show it. */
export interface StationClock {
  readonly station: string;
  /** Seconds ahead of the box; negative: behind. */
  readonly offsetSeconds: number;
  readonly verdict: StationClockVerdict;
}

/** What is known of stations. */
export interface StationClockSources {
  stations(): readonly Pick<Site["stations"][number], "id" | "ocpp">[];
  /** Facts learned of a station: `clockOffsetSeconds` from OCPP, `pageClockOffsetSeconds` from its page. */
  factsOf(station: string): Readonly<Record<string, unknown>>;
  /** Certificates that the listeners for stations show. */
  certificates(): readonly ClockCertificate[];
}

/** Watches the stations' clocks against the box's, and alarms before their next connection fails for it. */
export class StationClocks {
  readonly #context: Pick<ControlContext, "alarms" | "clock" | "metrics">;
  readonly #sources: StationClockSources;
  #clocks: readonly StationClock[] = [];
  #alarmed: ReadonlyMap<string, string> = new Map();

  constructor(context: Pick<ControlContext, "alarms" | "clock" | "metrics">, sources: StationClockSources) {
    this.#context = context;
    this.#sources = sources;
  }

  /** Those that are known, the worst first. */
  get current(): readonly StationClock[] {
    return this.#clocks;
  }

  /** Looks at all of them once. */
  async look(limitSeconds: number): Promise<void> {
    const certificates = this.#sources.certificates();
    this.#clocks = this.#sources.stations().flatMap((station) => this.#judge(station, limitSeconds, certificates))
      .sort((a, b) => Math.abs(b.offsetSeconds) - Math.abs(a.offsetSeconds));
    for (const { station, offsetSeconds } of this.#clocks) {
      this.#context.metrics.set("bulkhead_station_clock_offset_seconds", offsetSeconds, { station });
    }
    await this.#alarm();
  }

  #judge(
    { id, ocpp }: Pick<Site["stations"][number], "id" | "ocpp">,
    limitSeconds: number,
    certificates: readonly ClockCertificate[],
  ): StationClock[] {
    const facts = this.#sources.factsOf(id);
    const offsetSeconds = facts["clockOffsetSeconds"] ?? facts["pageClockOffsetSeconds"];
    if (typeof offsetSeconds !== "number") return [];
    const verdict = judgeStationClock({
      offsetSeconds,
      limitSeconds,
      now: this.#context.clock.now(),
      certificates: (ocpp?.securityProfile ?? 0) >= 2 ? certificates : [],
      marginHours: TIME_LIMITS.certificateHours,
    });
    return [{ station: id, offsetSeconds, verdict }];
  }

  /** The first look clears what a gateway before this one has left. */
  async #alarm(): Promise<void> {
    const { alarms } = this.#context;
    const wanted = new Map(this.#clocks.map(({ station, verdict }) => [station, verdict]));
    const before = this.#alarmed;
    this.#alarmed = new Map([...wanted].map(([station, { state }]) => [station, state]));
    for (const [station, verdict] of wanted) {
      if (before.get(station) === verdict.state) continue;
      const kinds = [["station.clock.off", "off"], ["station.clock.certificate", "certificate"]] as const;
      for (const [kind, state] of kinds) {
        if (verdict.state !== state) await alarms.clear(kind, station);
        else await alarms.raise({ kind, subject: station, detail: verdict.detail });
      }
    }
  }
}
