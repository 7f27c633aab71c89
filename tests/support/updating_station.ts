import { Buffer } from "node:buffer";
import { get } from "node:https";
import WebSocket from "ws";

/** Milliseconds without a byte after which a station gives a download up and goes on with another request. */
const SILENCE_MS = 10_000;

/** What all stations of a garage share. */
export interface UpdatingGarage {
  /** URL without the station id. */
  readonly url: string;
  readonly password: string;
  /** CA of the listener that serves images. */
  readonly caPem: string;
  /** What an image must be, whole and unchanged, and the version it brings; anything else bricks a real station. */
  judge(image: Buffer): { readonly version: string; readonly isGood: boolean } | undefined;
  /** A station goes out of service, or comes back. */
  moved(): void;
  /** Whether the gateway is there: stations that knock at a closed port by the hundred cost a test more than it does. */
  isThere(): boolean;
}

/**
 * A station of OCPP 1.6 that really loads: over HTTPS from its own address, with ranges after an interruption. It keeps
 * its statuses over lost connections, installs, restarts and boots with what it has then. It loses power at nobody's hand.
 */
export class UpdatingStation {
  version = "1.0.0";
  installs = 0;
  /** It installed something that is no whole image. */
  isBricked = false;
  isUp = false;
  /** Between the beginning of an installation and its boot. */
  isOut = false;
  /** It knows no update by OCPP. */
  isDeaf = false;
  readonly statuses: string[] = [];
  readonly #outbox: [action: string, payload: Record<string, unknown>][] = [];
  #socket: WebSocket | undefined;
  /** Answers that it waits for, by message id, and where: its boot and a status may be on their way together. */
  readonly #waiting = new Map<string, { readonly on: WebSocket | undefined; answer(answer: unknown): void }>();
  #isOff = true;
  #hasBooted = false;
  #isFlushing = false;
  #job = 0;
  #next = 0;

  constructor(
    readonly id: string,
    readonly garage: UpdatingGarage,
    /** Loopback address that it comes from. */
    readonly source: string,
    /** It knows no signed updates. */
    readonly isPlain: boolean,
  ) {}

  powerOn(): void {
    this.#isOff = false;
    this.#connect();
  }

  powerOff(): void {
    this.#isOff = true;
    this.#job++;
    this.#socket?.terminate();
  }

  #connect(): void {
    if (this.#isOff) return;
    if (!this.garage.isThere()) return this.#later(100, () => this.#connect());
    const { url, password } = this.garage;
    const authorization = `Basic ${Buffer.from(`${this.id}:${password}`).toString("base64")}`;
    this.isUp = false;
    const socket = this.#socket = new WebSocket(`${url}/${this.id}`, ["ocpp1.6"], {
      headers: { authorization },
      localAddress: this.source,
    });
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      // Also when the next connection is there already: nobody answers on this one any more.
      for (const [id, waiting] of this.#waiting) {
        if (waiting.on !== socket) continue;
        this.#waiting.delete(id);
        waiting.answer(undefined);
      }
      if (this.#socket !== socket) return;
      this.isUp = false;
      if (!this.#isOff && !this.isOut) this.#later(200, () => this.#connect());
    });
    socket.on("open", () => void this.#opened());
    socket.on("message", (data) => this.#receive(JSON.parse(String(data))));
  }

  async #opened(): Promise<void> {
    const socket = this.#socket;
    this.isUp = true;
    if (!this.#hasBooted) {
      const boot = { chargePointVendor: "Light", chargePointModel: "L1", firmwareVersion: this.version };
      const answer = await this.#call("BootNotification", boot) as { status?: string } | undefined;
      if (answer?.status !== "Accepted") return void socket?.terminate(); // once more
      this.#hasBooted = true;
      this.#outbox.unshift(["StatusNotification", { connectorId: 1, status: "Available", errorCode: "NoError" }]);
    }
    await this.#flush();
  }

  /** Statuses in order, each until it was answered. */
  async #flush(): Promise<void> {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    try {
      while (this.#outbox.length > 0 && this.isUp && this.#hasBooted) {
        const [action, payload] = this.#outbox[0]!, socket = this.#socket;
        if (await this.#call(action, payload) !== undefined) this.#outbox.shift();
        else if (this.#socket === socket) return; // else the next connection stands already, and asked for this in vain
      }
    } finally {
      this.#isFlushing = false;
    }
  }

  #call(action: string, payload: Record<string, unknown>): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const id = `${this.id}-${this.#next++}`, on = this.#socket;
    if (on?.readyState !== WebSocket.OPEN) return Promise.resolve(undefined); // its close may have been told already
    this.#waiting.set(id, { on, answer: resolve });
    on.send(JSON.stringify([2, id, action, payload]));
    return promise;
  }

  #receive([type, id, action, payload]: [number, string, string, Record<string, unknown>]): void {
    if (type === 3 || type === 4) {
      this.#waiting.get(id)?.answer(type === 3 ? action : {});
      return void this.#waiting.delete(id);
    }
    const answer = this.#answer(action, payload);
    this.#socket?.send(JSON.stringify(answer === undefined ? [4, id, "NotImplemented", "", {}] : [3, id, answer]));
  }

  #answer(action: string, payload: Record<string, unknown>): Record<string, unknown> | undefined {
    if (this.isDeaf && action.endsWith("UpdateFirmware")) return undefined;
    switch (action) {
      case "SignedUpdateFirmware": {
        if (this.isPlain) return undefined;
        const { location } = payload["firmware"] as { location: string };
        void this.#update(location, Number(payload["requestId"]));
        return { status: "Accepted" };
      }
      case "UpdateFirmware":
        void this.#update(String(payload["location"]));
        return {};
      case "ExtendedTriggerMessage":
      case "TriggerMessage":
        return this.#trigger(String(payload["requestedMessage"]));
      default:
        return {};
    }
  }

  #trigger(what: string): Record<string, unknown> {
    if (what === "BootNotification") {
      this.#hasBooted = false;
      void this.#opened();
    } else if (what === "FirmwareStatusNotification") {
      this.#outbox.push(["FirmwareStatusNotification", { status: this.statuses.at(-1) ?? "Idle" }]);
      void this.#flush();
    }
    return { status: "Accepted" };
  }

  #say(status: string, requestId: number | undefined): void {
    this.statuses.push(status);
    const action = requestId === undefined ? "FirmwareStatusNotification" : "SignedFirmwareStatusNotification";
    this.#outbox.push([action, { status, ...requestId === undefined ? {} : { requestId } }]);
    void this.#flush();
  }

  /** A later request ends an earlier one. */
  async #update(location: string, requestId?: number): Promise<void> {
    const job = ++this.#job;
    this.#say("Downloading", requestId);
    const image = await this.#download(location, job);
    if (job !== this.#job) return;
    if (!image) return this.#say("DownloadFailed", requestId);
    this.#say("Downloaded", requestId);
    const known = this.garage.judge(image);
    this.installs++;
    if (!known) this.isBricked = true;
    if (!known?.isGood) return this.#say("InstallationFailed", requestId);
    this.#say("Installing", requestId);
    this.#restart(known.version);
  }

  /** An image came by its page: it restarts with that version. */
  flash(version: string): void {
    this.installs++;
    this.#restart(version);
  }

  #restart(version: string): void {
    this.version = version;
    this.isOut = true;
    this.garage.moved();
    this.#later(100, () => {
      this.#hasBooted = false;
      this.#socket?.terminate();
      this.#later(300, () => {
        this.isOut = false;
        this.garage.moved();
        this.#connect();
      });
    });
  }

  /** Goes on where it was interrupted, as long as somebody serves it. */
  async #download(location: string, job: number): Promise<Buffer | undefined> {
    let image = Buffer.alloc(0);
    for (let tries = 0; tries < 60 && job === this.#job; tries++) {
      while (!this.garage.isThere()) await new Promise<void>((resolve) => this.#later(100, resolve));
      const got = await this.#fetch(location, image.length);
      if (got.status === 404) return undefined;
      image = Buffer.concat([image, got.bytes]);
      if (got.isWhole) return image;
      await new Promise<void>((resolve) => this.#later(300, resolve));
    }
    return undefined;
  }

  #fetch(location: string, from: number): Promise<{ status: number; bytes: Buffer; isWhole: boolean }> {
    const { promise, resolve } = Promise.withResolvers<{ status: number; bytes: Buffer; isWhole: boolean }>();
    const parts: Buffer[] = [];
    const end = (status: number, isWhole: boolean) => resolve({ status, bytes: Buffer.concat(parts), isWhole });
    const headers = from === 0 ? {} : { range: `bytes=${from}-` };
    const options = { ca: this.garage.caPem, localAddress: this.source, headers, agent: false as const };
    const request = get(location, options, (response) => {
      const status = response.statusCode ?? 0;
      const isBody = status === 200 || status === 206;
      const length = Number(response.headers["content-length"] ?? -1);
      response.on("data", (part: Buffer) => isBody && parts.push(part));
      response.on("error", () => end(0, false));
      response.on("close", () => end(status, isBody && parts.reduce((sum, part) => sum + part.length, 0) === length));
    });
    request.on("error", () => end(0, false));
    // A gateway that was stopped in the middle may leave it without an end: what came is kept, and it goes on from there.
    request.setTimeout(SILENCE_MS, () => request.destroy());
    return promise;
  }

  #later(ms: number, run: () => void): void {
    Deno.unrefTimer(Number(setTimeout(run, ms)));
  }
}
