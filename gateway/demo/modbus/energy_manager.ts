import type { Buffer } from "node:buffer";
import { connect, type TLSSocket } from "node:tls";
import type { Timers } from "../../core/timers.ts";
import { encodeMbap, MbapDecoder } from "../../modbus/codec_mbap.ts";
import type { Credential } from "../demo_pki.ts";

/** Where the gateway's Modbus/TCP Security listener is. */
export interface ModbusAccess {
  readonly host: string;
  readonly port: number;
  /** CA of the gateway's certificate. */
  readonly caPem: string;
  /** Certificate with the role. */
  readonly credential: Credential;
}

/** What the energy manager saw so far. */
export interface EnergyView {
  readonly isConnected: boolean;
  readonly volts: number | undefined;
  readonly limitAmperes: number | undefined;
  readonly reads: number;
  readonly writes: number;
  /** Writes of a protected point, which the gateway has to refuse, and those that it did not. */
  readonly refused: number;
  readonly wronglyAllowed: number;
}

const METER = 1, STATION = 11;
const VOLTAGE = 0, CURRENT_LIMIT = 1_000, SAFE_CURRENT = 131;

/**
 * An energy manager of the simulated garage: reads a meter, moves the charging limit of a station up and down, and now and
 * then tries to move what nobody may, over Modbus/TCP Security with a role in its certificate.
 */
export class EnergyManager {
  readonly #access: ModbusAccess;
  readonly #timers: Timers;
  readonly #waiting = new Map<number, (pdu: Uint8Array) => void>();
  readonly #stop: () => void;
  #view = { isConnected: false, reads: 0, writes: 0, refused: 0, wronglyAllowed: 0 } as {
    -readonly [K in keyof EnergyView]: EnergyView[K];
  };
  #socket: TLSSocket | undefined;
  #transaction = 0;
  #turn = 0;

  constructor(access: ModbusAccess, timers: Timers, periodMs: number) {
    this.#access = access;
    this.#timers = timers;
    this.#dial();
    this.#stop = timers.every(periodMs, () => void this.#act());
  }

  get view(): EnergyView {
    return { ...this.#view };
  }

  stop(): void {
    this.#stop();
    this.#socket?.destroy();
  }

  #dial(): void {
    const { host, port, caPem, credential } = this.#access;
    const tls = { ca: [caPem], cert: credential.certPem, key: credential.keyPem, servername: "localhost" };
    const socket = connect({ host, port, ...tls }), decoder = new MbapDecoder();
    this.#socket = socket;
    socket.on("secureConnect", () => this.#view.isConnected = true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#view.isConnected = false);
    socket.on("data", (bytes: Buffer) => {
      for (const { transaction, pdu } of decoder.push(bytes)) {
        this.#waiting.get(transaction)?.(pdu);
        this.#waiting.delete(transaction);
      }
    });
  }

  async #act(): Promise<void> {
    if (!this.#view.isConnected) {
      if (this.#socket?.destroyed) this.#dial();
      return;
    }
    const turn = this.#turn++;
    const volts = await this.#ask(METER, [4, 0, VOLTAGE, 0, 2]);
    if (volts?.[0] === 4) {
      this.#view.volts = new DataView(volts.buffer, volts.byteOffset).getFloat32(2);
      this.#view.reads++;
    }
    const limit = turn % 2 === 0 ? 16 : 10;
    const written = await this.#ask(STATION, [6, CURRENT_LIMIT >> 8, CURRENT_LIMIT & 255, 0, limit]);
    if (written?.[0] === 6) {
      this.#view.limitAmperes = limit;
      this.#view.writes++;
    }
    if (turn % 5 !== 0) return;
    const attempt = await this.#ask(STATION, [6, SAFE_CURRENT >> 8, SAFE_CURRENT & 255, 0, 32]);
    if (attempt?.[0] === 0x86 && attempt[1] === 1) this.#view.refused++;
    else if (attempt?.[0] === 6) this.#view.wronglyAllowed++;
  }

  /** The answer, or undefined when none came in time. */
  #ask(unit: number, pdu: readonly number[]): Promise<Uint8Array | undefined> {
    const transaction = this.#transaction = this.#transaction % 0xffff + 1;
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
    const cancel = this.#timers.after(5_000, () => {
      this.#waiting.delete(transaction);
      resolve(undefined);
    });
    this.#waiting.set(transaction, (answer) => {
      cancel();
      resolve(answer);
    });
    this.#socket?.write(encodeMbap({ transaction, unit, pdu: Uint8Array.from(pdu) }));
    return promise;
  }
}
