import type { TimeReport, TimeSettings } from "../../hal/time_service.ts";
import type { ControlContext } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import { TIME_LIMITS } from "./limits.ts";

/** The part of hald that this needs. */
export interface TimeHald {
  apply(settings: TimeSettings): Promise<{ readonly isChanged: boolean }>;
  report(): Promise<TimeReport>;
}

/** How the box's clock does. "own": no server is configured; "unknown": chrony or hald says nothing. */
export interface BoxClockState {
  readonly state: "following" | "lost" | "own" | "unknown";
  readonly why: string;
  readonly report?: TimeReport;
}

/** What the watch works with. */
export type BoxClockContext = Pick<ControlContext, "alarms" | "audit" | "clock" | "log" | "metrics">;

/** Key exchanges tried in vain after which a server counts as not proven, although cookies are left. */
const VAIN_ATTEMPTS = 3;

/** Tells chrony what the site wants, and watches how it does. */
export class BoxClock {
  readonly #context: BoxClockContext;
  readonly #hald: TimeHald | undefined;
  #settings: TimeSettings;
  #isApplied = false;
  /** The last look, which the next one waits for. */
  #looking: Promise<void> = Promise.resolve();
  #current: BoxClockState = { state: "unknown", why: "nobody has looked yet" };
  /** Monotonic milliseconds since which the clock is not as it should be. */
  #badSince: number | undefined;
  /** Whether each server could be proven at the last look. */
  readonly #proofs = new Map<string, boolean>();

  constructor(context: BoxClockContext, hald: TimeHald | undefined, settings: TimeSettings) {
    this.#context = context;
    this.#hald = hald;
    this.#settings = settings;
  }

  get current(): BoxClockState {
    return this.#current;
  }

  /** A new configuration: chrony hears of it with the next look. */
  configure(settings: TimeSettings): void {
    this.#settings = settings;
    this.#isApplied = false;
  }

  /** Looks once: applies what is not applied yet, reads the report, raises and clears alarms. One look at a time. */
  async look(): Promise<void> {
    const own = this.#looking.then(() => this.#look());
    this.#looking = own.catch(() => {}); // whoever asked for it is told
    await own;
  }

  async #look(): Promise<void> {
    this.#current = await this.#ask();
    const { report } = this.#current;
    if (report?.tracking) {
      this.#context.metrics.set("bulkhead_time_offset_seconds", report.tracking.offsetSeconds);
    }
    await this.#alarm();
    if (report) await this.#alarmUnproven(report);
  }

  async #ask(): Promise<BoxClockState> {
    if (!this.#hald) return { state: "unknown", why: "there is no hald that could tell chrony (hal: in site.yaml)" };
    try {
      await this.#apply(this.#hald);
      return judge(await this.#hald.report(), this.#settings);
    } catch (error) {
      return { state: "unknown", why: describeError(error) };
    }
  }

  async #apply(hald: TimeHald): Promise<void> {
    if (this.#isApplied) return;
    const settings = this.#settings;
    const { isChanged } = await hald.apply(settings);
    this.#isApplied = settings === this.#settings;
    if (!isChanged) return;
    await this.#context.audit.record({
      event: "gateway.time.configured",
      class: "operation",
      who: "gateway",
      outcome: "ok",
      detail: {
        servers: settings.servers.map(({ host }) => host).join(" ") || "none",
        zones: settings.serve.join(" "),
      },
    });
  }

  /** What lasts only as long as chrony takes to start or to be asked again is no alarm. */
  async #alarm(): Promise<void> {
    const { alarms, clock } = this.#context;
    const { state, why } = this.#current;
    const isBad = this.#hald !== undefined && (state === "lost" || state === "unknown");
    this.#badSince = isBad ? this.#badSince ?? clock.monotonic() : undefined;
    const isDue = isBad && clock.monotonic() - this.#badSince! >= TIME_LIMITS.reportSeconds * 1_000;
    for (const [kind, wanted] of [["time.servers.lost", "lost"], ["time.service.silent", "unknown"]] as const) {
      if (state !== wanted) await alarms.clear(kind, "gateway");
      else if (isDue) await alarms.raise({ kind, subject: "gateway", detail: why });
    }
  }

  async #alarmUnproven({ sources }: TimeReport): Promise<void> {
    const { alarms } = this.#context;
    for (const { host, nts } of sources) {
      if (!nts) continue;
      const isProven = nts.cookies > 0 && nts.attempts < VAIN_ATTEMPTS;
      if (this.#proofs.get(host) === isProven) continue;
      this.#proofs.set(host, isProven);
      const detail = `${nts.attempts} key exchanges in vain, ${nts.cookies} cookies left`;
      if (isProven) await alarms.clear("time.server.unproven", host);
      else await alarms.raise({ kind: "time.server.unproven", subject: host, detail });
    }
  }
}

function judge(report: TimeReport, { servers }: TimeSettings): BoxClockState {
  if (report.ageSeconds > TIME_LIMITS.reportSeconds) {
    return { state: "unknown", why: `chrony's report is ${Math.round(report.ageSeconds)} seconds old`, report };
  }
  if (!report.tracking) return { state: "unknown", why: "chrony's report says nothing of its clock", report };
  if (servers.length === 0) return { state: "own", why: "no server is configured", report };
  const selected = report.sources.find(({ state }) => state === "selected");
  if (selected) return { state: "following", why: `it follows ${selected.host}`, report };
  const each = report.sources.map(({ host, state }) => `${host} is ${state}`).join(", ");
  return { state: "lost", why: each === "" ? "chrony has no server" : each, report };
}
