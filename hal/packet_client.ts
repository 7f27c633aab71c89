import { ERROR_CODES, type ErrorCode } from "../gateway/core/error_codes.ts";
import { HardwareError, ProtocolError } from "../gateway/core/errors.ts";
import { encodeFrame } from "./frame_codec.ts";
import { HAL_LIMITS } from "./limits.ts";
import { Response } from "./messages.ts";
import { BoundedWriter } from "./packet_carrier.ts";
import { encodePacket, PacketReader } from "./packet_codec.ts";
import type { Ipv4, LinkEvent, Outgoing, PacketLink, PacketLinkRequest } from "./packet_link.ts";
import { check } from "./schema.ts";
import { netDhcpPackets } from "./verbs/net_dhcp_packets.ts";

/**
 * Opens a link behind hald on a connection of its own. Its isolate needs net `unix:PATH` and read and write on PATH.
 * @throws HardwareError HAL_UNREACHABLE, or what hald answered
 */
export async function openHaldPackets(socketPath: string, request: PacketLinkRequest): Promise<PacketLink> {
  const connection = await connect(socketPath);
  try {
    const call = { id: 1, verb: netDhcpPackets.name, args: { ...request } };
    await writeAll(connection, encodeFrame(call));
    const { answer, rest } = await readAnswer(connection);
    return new HaldPacketLink(connection, check(netDhcpPackets.answer, answer).mac, rest);
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function connect(path: string): Promise<Deno.UnixConn> {
  try {
    return await Deno.connect({ transport: "unix", path });
  } catch (error) {
    throw new HardwareError("HAL_UNREACHABLE", `hald does not answer on "${path}"`, {
      hint: "Is bulkhead-hald running? `systemctl status bulkhead-hald`",
      cause: error,
    });
  }
}

async function writeAll(connection: Deno.UnixConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** The answer frame, and the first bytes of the stream that may have come with it. */
async function readAnswer(connection: Deno.UnixConn): Promise<{ readonly answer: unknown; readonly rest: Uint8Array }> {
  let bytes = new Uint8Array(0);
  const buffer = new Uint8Array(16 * 1024);
  for (;;) {
    const length = bytes.length < 4 ? undefined : new DataView(bytes.buffer).getUint32(0);
    if (length !== undefined && length > HAL_LIMITS.frameBytes) {
      throw new ProtocolError("HAL_FRAME", `hald answered with a frame of ${length} bytes`);
    }
    if (length !== undefined && bytes.length >= 4 + length) {
      const response = check(Response, JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))));
      if ("answer" in response) return { answer: response.answer, rest: bytes.slice(4 + length) };
      const { code, message, hint } = response.fault;
      const known = Object.hasOwn(ERROR_CODES, code) ? code as ErrorCode : "HAL_FAILED";
      throw new HardwareError(known, message, hint === undefined ? {} : { hint });
    }
    const read = await connection.read(buffer);
    if (read === null) throw new HardwareError("HAL_UNREACHABLE", "hald closed the connection before it answered");
    const longer = new Uint8Array(bytes.length + read);
    longer.set(bytes);
    longer.set(buffer.subarray(0, read), bytes.length);
    bytes = longer;
  }
}

class HaldPacketLink implements PacketLink {
  readonly mac: string;
  readonly #connection: Deno.UnixConn;
  readonly #writer: BoundedWriter;
  #rest: Uint8Array;
  #closed = false;

  constructor(connection: Deno.UnixConn, mac: string, rest: Uint8Array) {
    this.#connection = connection;
    this.mac = mac;
    this.#rest = rest;
    this.#writer = new BoundedWriter(connection, () => this.close()); // The reading side says why.
  }

  listen(onEvent: (event: LinkEvent) => void, onEnd: (why?: string) => void): void {
    this.#read(onEvent).then(
      () => this.#closed ? onEnd() : onEnd("hald closed the connection"),
      (error) => this.#closed ? onEnd() : onEnd((error as Error).message),
    ).finally(() => this.close());
  }

  send(datagram: Outgoing): void {
    if (!this.#closed) this.#writer.add(encodePacket({ kind: "send", datagram }));
  }

  probe(address: Ipv4): void {
    if (!this.#closed) this.#writer.add(encodePacket({ kind: "probe", address }));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
  }

  async #read(onEvent: (event: LinkEvent) => void): Promise<void> {
    const reader = new PacketReader();
    const take = (piece: Uint8Array) => {
      for (const record of reader.push(piece)) {
        if (record.kind === "datagram" || record.kind === "claim") onEvent(record);
        else throw new ProtocolError("HAL_FRAME", `hald may not send records of kind "${record.kind}"`);
      }
    };
    take(this.#rest);
    this.#rest = new Uint8Array(0);
    const buffer = new Uint8Array(64 * 1024);
    for (let read = await this.#connection.read(buffer); read !== null; read = await this.#connection.read(buffer)) {
      take(buffer.subarray(0, read));
    }
  }
}
