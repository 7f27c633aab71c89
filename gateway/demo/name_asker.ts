import { describeError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { encodeQuery, idOfQuery, TYPES } from "../dns/codec.ts";

/** What a station of the demo asks for: its CSMS, which is answered here, and its maker, which no rule allows. */
export const DEMO_NAMES = { own: "csms.demo.example", refused: "telemetry.vendor.example" } as const;
/** Milliseconds between two questions. */
const PERIOD_MS = 10_000;
const RCODE = 0x0f, REFUSED = 5;

/** A device on the OT side that looks up names, as every station does. */
export class NameAsker {
  readonly #socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  readonly #to: Deno.NetAddr;
  readonly #cancel: () => void;
  #asked = 0;
  #answered = 0;
  #refused = 0;
  #isClosed = false;
  /** Why the last question was not sent or answered. */
  #fault = "";

  constructor(host: string, port: number, timers: Timers) {
    this.#to = { transport: "udp", hostname: host, port };
    this.#ask();
    this.#cancel = timers.every(PERIOD_MS, () => this.#ask());
    void this.#listen();
  }

  /** For the screen: how many questions were answered and refused. */
  get line(): string {
    const fault = this.#fault === "" ? "" : `; ${this.#fault}`;
    return `${this.#answered} names answered, ${this.#refused} refused (${DEMO_NAMES.refused})${fault}`;
  }

  stop(): void {
    this.#isClosed = true;
    this.#cancel();
    this.#socket.close();
  }

  #ask(): void {
    for (const name of Object.values(DEMO_NAMES)) {
      this.#asked = this.#asked + 1 & 0xffff;
      this.#socket.send(encodeQuery(this.#asked, name, TYPES.A), this.#to).catch((error) => this.#note(error));
    }
  }

  /** The gateway may be restarting: a device asks again. */
  #note(error: unknown): void {
    this.#fault = describeError(error);
  }

  async #listen(): Promise<void> {
    while (!this.#isClosed) {
      try {
        const [bytes] = await this.#socket.receive();
        this.#fault = "";
        if (bytes.length < 12 || idOfQuery(bytes) !== undefined) continue;
        if ((bytes[3]! & RCODE) === REFUSED) this.#refused++;
        else this.#answered++;
      } catch (error) {
        if (this.#isClosed || error instanceof Deno.errors.BadResource) return;
        this.#note(error);
      }
    }
  }
}
