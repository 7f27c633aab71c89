import type { DriverEvents, LineDriver, OpenLine } from "../line_driver.ts";
import type { LineFrame } from "../session.ts";
import type { LineConfig, LinePlace } from "../worker_config.ts";

/** A TCP line with short times; others by `change`. */
export function lineConfig(change: Partial<LineConfig> = {}): LineConfig {
  return {
    id: "cp001",
    place: { kind: "tcp", host: "10.20.0.11", port: 502, framing: "mbap" },
    kind: "tcp",
    byteBits: 0,
    baud: 0,
    responseTimeoutMs: 500,
    deadlineMs: 2_000,
    retries: 1,
    requestDelayMs: 0,
    silenceMs: 0,
    broadcastDelayMs: 100,
    listenMs: 0,
    connectDelayMs: 0,
    reconnectDelayMs: 1_000,
    idleMs: 0,
    ttlMs: 0,
    ...change,
  };
}

/** A serial line of 9600 baud. */
export function serialConfig(change: Partial<LineConfig> = {}): LineConfig {
  const place: LinePlace = {
    ...{ kind: "serial", device: "/dev/ttyS9", baud: 9_600, parity: "none", stopBits: 1 },
    ...{ rs485: "adapter", echo: false, silenceMicros: 3_646 },
  };
  return lineConfig({ id: "meters", place, kind: "serial", byteBits: 10, baud: 9_600, silenceMs: 3.646, ...change });
}

/** One attempt of a line to reach its device. */
export interface FakeDriver extends LineDriver {
  readonly place: LinePlace;
  readonly events: DriverEvents;
  readonly sent: Required<LineFrame>[];
  readonly isClosed: () => boolean;
}

/** Lines without a network: every attempt is noted, and what becomes of it is the test's to say. */
export class FakeLines {
  readonly drivers: FakeDriver[] = [];

  readonly open: OpenLine = (place, events) => {
    const sent: Required<LineFrame>[] = [];
    let isClosed = false;
    const driver: FakeDriver = {
      ...{ place, events, sent },
      isClosed: () => isClosed,
      transmit: (frame) => void sent.push(frame),
      close: () => void (isClosed = true),
    };
    this.drivers.push(driver);
    return driver;
  };

  /** The newest attempt. */
  get last(): FakeDriver {
    return this.drivers.at(-1)!;
  }

  /** The device answers the newest request. */
  answer(pdu: Uint8Array): void {
    const { transaction, device } = this.last.sent.at(-1)!;
    const isSerial = this.last.place.kind === "serial";
    this.last.events.received(isSerial ? { device, pdu } : { transaction, device, pdu });
  }
}
