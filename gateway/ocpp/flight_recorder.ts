import { Buffer } from "node:buffer";
import { type OcppFrame, parseFrame } from "./codec.ts";
import { FlightRing, LINE_COST } from "./flight_ring.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { redactMessage } from "./redact.ts";

/** Limits of one recorder; given in tests. */
export interface FlightLimits {
  readonly bytesPerStation: number;
  readonly bytes: number;
  readonly lineChars: number;
  readonly stations: number;
}

const DEFAULT_LIMITS: FlightLimits = {
  bytesPerStation: OCPP_LIMITS.flightBytesPerStation,
  bytes: OCPP_LIMITS.flightBytes,
  lineChars: OCPP_LIMITS.flightLineChars,
  stations: OCPP_LIMITS.flightStations,
};

/** Kinds that are told apart; more share the name of the last. Kinds are words of the code, never of a peer. */
const KINDS = 255;

/**
 * The last messages and handshakes of each station, bounded per station and in all. A short message is kept as it came,
 * and secrets and badges are stripped when it is exported: nearly none ever is. Times are wall milliseconds.
 */
export class FlightRecorder {
  /** Least recently written first. */
  readonly #rings = new Map<string, FlightRing>();
  readonly #limits: FlightLimits;
  readonly #kinds: string[] = [];
  readonly #kindNumbers = new Map<string, number>();
  #bytes = 0;

  constructor(limits: FlightLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  /** Keeps a relayed message, in UTF-8. `kind` says who sent it: "station", "csms" or "gateway to station". */
  message(stationId: string, kind: string, message: Uint8Array, at: number): void {
    if (message.length <= this.#limits.lineChars) this.#write(stationId, kind, true, message, at);
    else this.#write(stationId, kind, false, Buffer.from(this.#shorten(message)), at);
  }

  /** Keeps an event: a handshake, a refusal, a close. `what` is the gateway's own text, free of secrets. */
  event(stationId: string, kind: string, what: string, at: number): void {
    this.#write(stationId, kind, false, Buffer.from(what.slice(0, this.#limits.lineChars)), at);
  }

  /** One station's lines as JSON lines, oldest first; empty when nothing is known of it. */
  export(stationId: string): string {
    const lines = this.#rings.get(stationId)?.lines() ?? [];
    return lines.map(({ at, kind, isRaw, text }) => {
      const safe = isRaw ? strip(text) : text;
      const line = { ts: new Date(at).toISOString(), station: stationId, kind: this.#kinds[kind], text: safe };
      return `${JSON.stringify(line)}\n`;
    }).join("");
  }

  /** Forgets a station (decommissioned). */
  forget(stationId: string): void {
    const ring = this.#rings.get(stationId);
    if (!ring) return;
    this.#bytes -= ring.bytes;
    this.#rings.delete(stationId);
  }

  /** Bytes kept for all stations. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A long message is stripped at once, since only a part of it is kept. */
  #shorten(message: Uint8Array): string {
    const safe = strip(new TextDecoder().decode(message));
    const { lineChars } = this.#limits;
    if (safe.length <= lineChars) return safe;
    return `${safe.slice(0, lineChars)}[+${safe.length - lineChars} characters]`;
  }

  #write(stationId: string, kind: string, isRaw: boolean, text: Uint8Array, at: number): void {
    const ring = this.#touch(stationId);
    ring.add(at, this.#kindNumbers.get(kind) ?? this.#numberOf(kind), isRaw, text);
    this.#bytes += LINE_COST + text.length;
    while (ring.bytes > this.#limits.bytesPerStation) this.#bytes -= ring.dropOldest();
    while (this.#bytes > this.#limits.bytes) this.#dropFromQuietest();
  }

  #numberOf(kind: string): number {
    const number = Math.min(this.#kinds.length, KINDS - 1);
    this.#kinds[number] = kind;
    this.#kindNumbers.set(kind, number);
    return number;
  }

  /** The ring of a station, moved to the end of the order when others are in need of room. */
  #touch(stationId: string): FlightRing {
    let ring = this.#rings.get(stationId);
    if (!ring) {
      if (this.#rings.size >= this.#limits.stations) this.forget(this.#rings.keys().next().value!);
      this.#rings.set(stationId, ring = new FlightRing());
    } else if (this.#bytes > this.#limits.bytes / 2) {
      this.#rings.delete(stationId);
      this.#rings.set(stationId, ring);
    }
    return ring;
  }

  #dropFromQuietest(): void {
    const [stationId, ring] = this.#rings.entries().next().value!;
    this.#bytes -= ring.dropOldest();
    if (ring.bytes === 0) this.#rings.delete(stationId);
  }
}

/** The text of a message without secrets, badges, vehicle ids and vendor data. */
function strip(text: string): string {
  return redactMessage(text, frameOf(text));
}

function frameOf(text: string): OcppFrame | undefined {
  try {
    return parseFrame(text);
  } catch {
    return undefined; // no OCPP message: only the harmless ones of these are shown
  }
}
