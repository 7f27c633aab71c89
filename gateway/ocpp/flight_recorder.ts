import type { OcppFrame } from "./codec.ts";
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

interface Line {
  readonly at: number;
  readonly kind: string;
  readonly text: string;
}

/** One station's last lines. */
interface Ring {
  lines: Line[];
  /** Index of the oldest line; the head is cut off now and then instead of at each write. */
  start: number;
  bytes: number;
}

/** Bytes a line costs beside its text. */
const LINE_COST = 48;

/**
 * The last messages and handshakes of each station, bounded per station and in all; secrets and badges are stripped
 * before anything is kept. Times are wall milliseconds.
 */
export class FlightRecorder {
  /** Least recently written first. */
  readonly #rings = new Map<string, Ring>();
  readonly #limits: FlightLimits;
  #bytes = 0;

  constructor(limits: FlightLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  /** Keeps a relayed message. `kind` says who sent it: "station", "csms" or "gateway->station". */
  message(stationId: string, kind: string, text: string, frame: OcppFrame | undefined, at: number): void {
    const safe = redactMessage(text, frame);
    const kept = safe.length <= this.#limits.lineChars
      ? safe
      : `${safe.slice(0, this.#limits.lineChars)}[+${safe.length - this.#limits.lineChars} characters]`;
    this.#write(stationId, { at, kind, text: kept });
  }

  /** Keeps an event: a handshake, a refusal, a close. `what` is the gateway's own text, free of secrets. */
  event(stationId: string, kind: string, what: string, at: number): void {
    this.#write(stationId, { at, kind, text: what.slice(0, this.#limits.lineChars) });
  }

  /** One station's lines as JSON lines, oldest first; empty when nothing is known of it. */
  export(stationId: string): string {
    const ring = this.#rings.get(stationId);
    if (!ring) return "";
    return ring.lines.slice(ring.start).map(({ at, kind, text }) => {
      return JSON.stringify({ ts: new Date(at).toISOString(), station: stationId, kind, text }) + "\n";
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

  #write(stationId: string, line: Line): void {
    const ring = this.#touch(stationId);
    const cost = line.text.length + LINE_COST;
    ring.lines.push(line);
    ring.bytes += cost;
    this.#bytes += cost;
    while (ring.bytes > this.#limits.bytesPerStation) this.#dropOldest(ring);
    while (this.#bytes > this.#limits.bytes) this.#dropFromQuietest();
  }

  /** The ring of a station, moved to the end of the order when others are in need of room. */
  #touch(stationId: string): Ring {
    let ring = this.#rings.get(stationId);
    if (!ring) {
      if (this.#rings.size >= this.#limits.stations) this.forget(this.#rings.keys().next().value!);
      ring = { lines: [], start: 0, bytes: 0 };
      this.#rings.set(stationId, ring);
    } else if (this.#bytes > this.#limits.bytes / 2) {
      this.#rings.delete(stationId);
      this.#rings.set(stationId, ring);
    }
    return ring;
  }

  #dropOldest(ring: Ring): void {
    const line = ring.lines[ring.start];
    if (!line) return;
    const cost = line.text.length + LINE_COST;
    ring.bytes -= cost;
    this.#bytes -= cost;
    ring.start++;
    if (ring.start >= 256 || ring.start === ring.lines.length) {
      ring.lines = ring.lines.slice(ring.start);
      ring.start = 0;
    }
  }

  #dropFromQuietest(): void {
    const [stationId, ring] = this.#rings.entries().next().value!;
    this.#dropOldest(ring);
    if (ring.lines.length === ring.start) this.#rings.delete(stationId);
  }
}
