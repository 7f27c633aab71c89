import type { Random } from "../../../core/timers.ts";
import { describeError, GatewayError } from "../../../core/errors.ts";
import { OPERATION_LIMITS } from "./limits.ts";

/** Work at a controller that takes its time, and how far it is. Times are wall milliseconds. */
export interface DeviceJob {
  readonly id: string;
  readonly station: string;
  /** The operation, as in `device capabilities`. */
  readonly what: string;
  readonly who: string;
  readonly at: number;
  readonly state: "running" | "done" | "failed";
  /** Bytes that went so far, and of how many; absent: nothing is counted. */
  readonly bytes?: number;
  readonly ofBytes?: number;
  /** How it ended, in words. */
  readonly text: string;
  readonly endedAt?: number;
}

/**
 * Work that nobody waits for at the other end: a browser would give up long before an image is in a slow controller. Kept in
 * memory, since what a restart ends is ended; the audit has every outcome.
 */
export class DeviceJobs {
  readonly #jobs = new Map<string, DeviceJob>();

  constructor(private readonly parts: { readonly random: Random; readonly now: () => number }) {}

  /** Newest first. */
  all(station?: string): readonly DeviceJob[] {
    const jobs = [...this.#jobs.values()].reverse();
    return station === undefined ? jobs : jobs.filter((job) => job.station === station);
  }

  /**
   * Begins work. @throws GatewayError DEVICE_OPERATION_FAILED when this controller has some under way, or too many have
   */
  start(
    { station, what, who, ofBytes }: Pick<DeviceJob, "station" | "what" | "who" | "ofBytes">,
    work: (onProgress: (bytes: number) => void) => Promise<string>,
  ): DeviceJob {
    const running = this.all().filter(({ state }) => state === "running");
    const own = running.find((job) => job.station === station);
    if (own || running.length >= OPERATION_LIMITS.jobsRunning) {
      const why = own ? `${own.what} of ${own.who} is under way there` : `${running.length} others are under way`;
      throw new GatewayError("DEVICE_OPERATION_FAILED", `${station}: busy: ${why}`, {
        hint: "Wait for it: `device jobs`",
      });
    }
    const id = [...this.parts.random.bytes(6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const job: DeviceJob = {
      ...{ id, station, what, who, at: this.parts.now(), state: "running", text: "" },
      ...ofBytes === undefined ? {} : { ofBytes, bytes: 0 },
    };
    this.#put(job);
    work((bytes) => this.#change(id, { bytes })).then(
      (text) => this.#change(id, { state: "done", text, endedAt: this.parts.now() }),
      (error) => this.#change(id, { state: "failed", text: describeError(error), endedAt: this.parts.now() }),
    );
    return job;
  }

  #change(id: string, changes: Partial<DeviceJob>): void {
    const job = this.#jobs.get(id);
    if (job?.state === "running") this.#jobs.set(id, { ...job, ...changes });
  }

  #put(job: DeviceJob): void {
    const ended = [...this.#jobs.values()].filter(({ state }) => state !== "running");
    for (const { id } of ended.slice(0, Math.max(0, this.#jobs.size + 1 - OPERATION_LIMITS.jobs))) {
      this.#jobs.delete(id);
    }
    this.#jobs.set(job.id, job);
  }
}
