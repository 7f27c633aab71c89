import { Buffer } from "node:buffer";
import { request } from "node:https";
import type { RehomingRig, RigStation } from "./rehoming_rig.ts";

/** How the life of an update goes in one station. Times pass by messages alone. */
export interface Life {
  /** Statuses that it says, in order; "load" fetches the image between them. */
  readonly says: readonly string[];
  /** What it boots with afterwards; absent: it never boots. */
  readonly boots?: "new" | "old";
  /** It restarts in the midst of its first download, unasked, and has forgotten the update then. */
  readonly forgetsFirst?: true;
}

const RETRIES = 100, RETRY_MS = 200;

/** A station on ocpp-rpc in strict mode that lives through updates, in the words of its version. */
export class LifeStation {
  readonly faults: string[] = [];
  /** Requests to update that it got: their request ids. */
  readonly asked: (number | undefined)[] = [];
  #version = "1.0";
  #status = "Idle";
  #requestId: number | undefined;
  #station!: RigStation;
  #hasForgotten = false;

  constructor(
    private readonly rig: RehomingRig,
    readonly id: string,
    private readonly life: Life,
    /** What an image must be. */
    private readonly image: Uint8Array,
  ) {}

  /** Connects and boots. */
  async boot(): Promise<void> {
    const station = this.#station = await this.rig.station(this.id);
    const answer = (action: string, run: (params: Record<string, unknown>) => unknown) =>
      station.answers.set(action, run);
    for (const action of ["UpdateFirmware", "SignedUpdateFirmware"]) {
      answer(action, (params) => {
        this.#later(() => this.#update(params));
        return this.#is16 && action === "UpdateFirmware" ? {} : { status: "Accepted" };
      });
    }
    for (const action of ["TriggerMessage", "ExtendedTriggerMessage"]) {
      answer(action, ({ requestedMessage }) => {
        if (requestedMessage === "FirmwareStatusNotification") this.#later(() => this.#say(this.#status));
        if (requestedMessage === "BootNotification") this.#later(() => this.#notifyBoot());
        return { status: "Accepted" };
      });
    }
    await this.#notifyBoot();
  }

  get #is16(): boolean {
    return this.id.startsWith("S16");
  }

  #later(work: () => Promise<unknown>): void {
    queueMicrotask(() => {
      // A connection that ends while it speaks is its own doing.
      work().catch((error) => this.faults.push(...this.#station.closed ? [] : [String(error)]));
    });
  }

  #notifyBoot(): Promise<unknown> {
    const firmwareVersion = this.#version;
    return this.#station.call(
      "BootNotification",
      this.#is16
        ? { chargePointVendor: "Bender", chargePointModel: "CC613", firmwareVersion }
        : { reason: "PowerUp", chargingStation: { vendorName: "Bender", model: "CC613", firmwareVersion } },
    );
  }

  async #say(status: string): Promise<void> {
    this.#status = status;
    const isOf = status !== "Idle" && this.#requestId !== undefined;
    const action = this.#is16 && isOf ? "SignedFirmwareStatusNotification" : "FirmwareStatusNotification";
    await this.#station.call(action, { status, ...isOf ? { requestId: this.#requestId } : {} });
  }

  async #update(params: Record<string, unknown>): Promise<void> {
    const firmware = (params["firmware"] ?? params) as { location: string };
    this.#requestId = params["requestId"] as number | undefined;
    this.asked.push(this.#requestId);
    const isForgotten = this.life.forgetsFirst && !this.#hasForgotten;
    for (const step of this.life.says) {
      if (step !== "load") await this.#say(step);
      else if (!await this.#load(firmware.location)) return await this.#say("DownloadFailed");
      if (step === "load" && isForgotten) {
        this.#hasForgotten = true;
        return await this.#restart("Idle");
      }
    }
    const { boots } = this.life;
    if (boots === undefined) return;
    if (boots === "new") this.#version = "2.0";
    await this.#restart(this.#status);
  }

  async #restart(status: string): Promise<void> {
    this.#status = status;
    if (status === "Idle") this.#requestId = undefined;
    this.faults.push(...this.#station.faults);
    await this.#station.close();
    await this.boot();
    if (status === "Idle") await this.#say("Idle");
  }

  /** All stations of the test share an address, of which only so many connections are served at one time: it tries again. */
  async #load(location: string): Promise<boolean> {
    for (let tries = 1;; tries++) {
      try {
        return await this.#fetch(location);
      } catch (error) {
        if (tries === RETRIES) throw error;
        await new Promise<void>((resolve) => Deno.unrefTimer(Number(setTimeout(resolve, RETRY_MS))));
      }
    }
  }

  #fetch(location: string): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const asking = request(location, { ca: this.rig.siteCaPem, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve(Buffer.concat(parts).equals(this.image)));
    });
    asking.on("error", reject);
    asking.end();
    return promise;
  }

  /** Faults of the strict peer that it is. */
  get strictFaults(): readonly string[] {
    return [...this.faults, ...this.#station.faults];
  }
}
