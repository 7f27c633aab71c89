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
  readonly #tcp: Socket;
  readonly #place: TcpPlace;
  readonly #events: DriverEvents;
  readonly #decode: (bytes: Uint8Array) => readonly LineFrame[];
  readonly #cancelDeadline: () => void;
  /** What carries the frames: TCP, or the TLS above it. */
  #socket: Socket;
  #why: string | undefined;
  #isOver = false;

  constructor(place: TcpPlace, events: DriverEvents, timers: Timers) {
    const { host, port, tls } = place;
    this.#place = place;
    this.#events = events;
    this.#decode = decoderOf(place);
    this.#socket = this.#tcp = connectTcp({ host, port });
    this.#cancelDeadline = timers.after(MODBUS_LIMITS.connectMs, () => {
      this.#end(`it did not connect within ${MODBUS_LIMITS.connectMs} ms`);
    });
    this.#tcp.setNoDelay(true);
    this.#tcp.setKeepAlive(true, 60_000);
    this.#tcp.on("error", (error) => this.#why ??= describeError(error));
    this.#tcp.on("close", () => this.#end("the connection ended"));
    // TLS begins when TCP stands: Deno 2.9.6 keeps for ever what a refused `tls.connect` has made, and a device that is away
    // is dialled for as long as it is.
    const secure = () => this.#isOver || this.#carry(secured(this.#tcp, host, tls!), "secureConnect");
    if (tls) this.#tcp.once("connect", secure);
    else this.#carry(this.#tcp, "connect");
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
    this.#tcp.destroy();
  }

  #carry(socket: Socket, ready: "connect" | "secureConnect"): void {
    this.#socket = socket;
    socket.on(ready, () => this.#opened());
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("end", () => this.#end("the device closed the connection"));
    if (socket === this.#tcp) return;
    socket.on("error", (error) => this.#why ??= describeError(error));
    socket.on("close", () => this.#end("the connection ended"));
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

function secured(socket: Socket, host: string, tls: NonNullable<TcpPlace["tls"]>): TLSSocket {
  const { caPem, certPem, keyPem, serverName } = tls;
  return connectTls({
    ...{ socket, host, ca: [caPem], cert: certPem, key: keyPem, minVersion: "TLSv1.2", rejectUnauthorized: true },
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
