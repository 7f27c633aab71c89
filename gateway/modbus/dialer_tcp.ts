import type { Buffer } from "node:buffer";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { describeError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { readCertificate } from "../pki/certificate.ts";
import { encodeMbap, MbapDecoder } from "./codec_mbap.ts";
import { encodeRtu } from "./codec_rtu.ts";
import { RtuStreamDecoder } from "./codec_rtu_stream.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import type { DriverEvents, LineDriver } from "./line_driver.ts";
import type { LineFrame } from "./session.ts";
import type { LinePlace } from "./worker_config.ts";

type TcpPlace = LinePlace & { readonly kind: "tcp" };

/**
 * Connects to a TCP target: Modbus/TCP, frames of a serial line in TCP, either within TLS towards a device that speaks
 * Modbus/TCP Security (the egress wrapper). A stream that carries no frames where one must begin is ended.
 */
export function dialTcp(place: TcpPlace, events: DriverEvents, timers: Timers): LineDriver {
  return new TcpDriver(place, events, timers);
}

class TcpDriver implements LineDriver {
  readonly #socket: Socket;
  readonly #place: TcpPlace;
  readonly #events: DriverEvents;
  readonly #decode: (bytes: Uint8Array) => readonly LineFrame[];
  readonly #cancelDeadline: () => void;
  #why: string | undefined;
  #isOver = false;

  constructor(place: TcpPlace, events: DriverEvents, timers: Timers) {
    this.#place = place;
    this.#events = events;
    this.#decode = decoderOf(place);
    this.#socket = open(place);
    this.#cancelDeadline = timers.after(MODBUS_LIMITS.connectMs, () => {
      this.#end(`it did not connect within ${MODBUS_LIMITS.connectMs} ms`);
    });
    this.#socket.setNoDelay(true);
    this.#socket.setKeepAlive(true, 60_000);
    this.#socket.on(place.tls ? "secureConnect" : "connect", () => this.#opened());
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.#why ??= describeError(error));
    this.#socket.on("end", () => this.#end("the device closed the connection"));
    this.#socket.on("close", () => this.#end("the connection ended"));
  }

  transmit({ transaction, device, pdu }: Required<LineFrame>): void {
    if (this.#isOver) return;
    const isRtu = this.#place.framing === "rtu";
    this.#socket.write(isRtu ? encodeRtu({ address: device, pdu }) : encodeMbap({ transaction, unit: device, pdu }));
  }

  close(): void {
    this.#isOver = true;
    this.#cancelDeadline();
    this.#socket.destroy();
  }

  #opened(): void {
    if (this.#isOver) return;
    if (this.#place.tls && !isVersion3(this.#socket as TLSSocket)) {
      return this.#end("the device's certificate is not X.509 version 3: whether it has the key is not checked (F1)");
    }
    this.#cancelDeadline();
    this.#events.opened();
  }

  #receive(chunk: Uint8Array): void {
    if (this.#isOver) return;
    try {
      for (const frame of this.#decode(chunk)) {
        this.#events.received(frame);
        if (this.#isOver) return;
      }
    } catch (error) {
      this.#events.noise(chunk.length);
      this.#end(describeError(error));
    }
  }

  #end(why: string): void {
    if (this.#isOver) return;
    this.close();
    this.#events.lost(this.#why ?? why);
  }
}

function open({ host, port, tls }: TcpPlace): Socket {
  if (!tls) return connectTcp({ host, port });
  const { caPem, certPem, keyPem, serverName } = tls;
  return connectTls({
    ...{ host, port, ca: [caPem], cert: certPem, key: keyPem, minVersion: "TLSv1.2", rejectUnauthorized: true },
    ...isIP(serverName) ? {} : { servername: serverName }, // SNI carries names only
  });
}

function isVersion3(socket: TLSSocket): boolean {
  const { raw } = socket.getPeerCertificate(true);
  return raw?.length > 0 && readCertificate(new Uint8Array(raw)).version === 3;
}

function decoderOf({ framing }: TcpPlace): (bytes: Uint8Array) => readonly LineFrame[] {
  if (framing === "mbap") {
    const decoder = new MbapDecoder();
    return (bytes) => decoder.push(bytes).map(({ transaction, unit, pdu }) => ({ transaction, device: unit, pdu }));
  }
  const decoder = new RtuStreamDecoder("response");
  return (bytes) => decoder.push(bytes).map(({ address, pdu }) => ({ device: address, pdu }));
}
