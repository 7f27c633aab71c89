import { ProtocolError } from "../gateway/core/errors.ts";
import { BoundedWriter } from "./packet_carrier.ts";
import { encodePacket, PacketReader } from "./packet_codec.ts";
import type { Ipv4, LinkEvent, Outgoing, PacketLink, PacketLinkRequest } from "./packet_link.ts";
import { check } from "./schema.ts";
import { openHaldStream } from "./stream_client.ts";
import { netDhcpPackets } from "./verbs/net_dhcp_packets.ts";

/**
 * Opens a link behind hald on a connection of its own. Its isolate needs net `unix:PATH` and read and write on PATH.
 * @throws HardwareError HAL_UNREACHABLE, or what hald answered
 */
export async function openHaldPackets(socketPath: string, request: PacketLinkRequest): Promise<PacketLink> {
  const { connection, answer, rest } = await openHaldStream(socketPath, netDhcpPackets.name, { ...request });
  try {
    return new HaldPacketLink(connection, check(netDhcpPackets.answer, answer).mac, rest);
  } catch (error) {
    connection.close();
    throw error;
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
