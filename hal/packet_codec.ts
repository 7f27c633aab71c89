import { concatBytes } from "../gateway/core/concat_bytes.ts";
import { ProtocolError } from "../gateway/core/errors.ts";
import { macText, writeMac } from "./ethernet_codec.ts";
import { HAL_LIMITS } from "./limits.ts";
import type { Ipv4, LinkEvent, Outgoing } from "./packet_link.ts";

/**
 * What goes over a connection to hald after `net.dhcp-packets`: records of 2 bytes of length, 1 byte of kind, and a body
 * of fixed fields. Both directions are read with `PacketReader`.
 */
export type PacketRecord =
  | LinkEvent
  | { readonly kind: "send"; readonly datagram: Outgoing }
  | { readonly kind: "probe"; readonly address: Ipv4 };

const KINDS = { datagram: 1, claim: 2, send: 3, probe: 4 } as const;
const HEADER = 3;
/** Two MACs, two addresses, two ports. */
const DATAGRAM = 24;

/** One record. @throws ProtocolError HAL_FRAME when the payload is longer than HAL_LIMITS.packetBytes */
export function encodePacket(record: PacketRecord): Uint8Array<ArrayBuffer> {
  switch (record.kind) {
    case "datagram":
      return encodeDatagram(KINDS.datagram, { ...record.datagram });
    case "send":
      return encodeDatagram(KINDS.send, { sourceMac: "00:00:00:00:00:00", ...record.datagram });
    case "claim": {
      const bytes = start(KINDS.claim, 10);
      writeMac(record.claim.mac, bytes, HEADER);
      new DataView(bytes.buffer).setUint32(HEADER + 6, record.claim.address);
      return bytes;
    }
    case "probe": {
      const bytes = start(KINDS.probe, 4);
      new DataView(bytes.buffer).setUint32(HEADER, record.address);
      return bytes;
    }
    default:
      return record satisfies never;
  }
}

function encodeDatagram(kind: number, datagram: Outgoing & { readonly sourceMac: string }): Uint8Array<ArrayBuffer> {
  const { payload } = datagram;
  if (payload.length > HAL_LIMITS.packetBytes) throw bad(`a payload of ${payload.length} bytes`);
  const bytes = start(kind, DATAGRAM + payload.length);
  const view = new DataView(bytes.buffer);
  writeMac(datagram.sourceMac, bytes, HEADER);
  writeMac(datagram.destinationMac, bytes, HEADER + 6);
  view.setUint32(HEADER + 12, datagram.source);
  view.setUint32(HEADER + 16, datagram.destination);
  view.setUint16(HEADER + 20, datagram.sourcePort);
  view.setUint16(HEADER + 22, datagram.destinationPort);
  bytes.set(payload, HEADER + DATAGRAM);
  return bytes;
}

function start(kind: number, body: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER + body);
  new DataView(bytes.buffer).setUint16(0, 1 + body);
  bytes[2] = kind;
  return bytes;
}

/** Puts records together from the pieces a stream delivers; keeps at most one. */
export class PacketReader {
  #rest: Uint8Array = new Uint8Array(0);

  /** @throws ProtocolError HAL_FRAME on a record of an unknown kind or a wrong length; the stream is then lost */
  *push(piece: Uint8Array): Generator<PacketRecord> {
    const bytes = this.#rest.length === 0 ? piece : concatBytes([this.#rest, piece]);
    let at = 0;
    while (bytes.length - at >= 2) {
      const length = bytes[at]! << 8 | bytes[at + 1]!;
      if (length === 0 || length > 1 + DATAGRAM + HAL_LIMITS.packetBytes) throw bad(`a record of ${length} bytes`);
      if (bytes.length - at < 2 + length) break;
      yield decode(bytes.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    this.#rest = bytes.slice(at);
  }
}

function decode(record: Uint8Array): PacketRecord {
  const body = record.subarray(1);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const kind = record[0];
  if (kind === KINDS.claim && body.length === 10) {
    return { kind: "claim", claim: { mac: macText(body), address: view.getUint32(6) } };
  }
  if (kind === KINDS.probe && body.length === 4) return { kind: "probe", address: view.getUint32(0) };
  const isDatagram = kind === KINDS.datagram || kind === KINDS.send;
  if (!isDatagram || body.length < DATAGRAM) throw bad(`kind ${kind} with ${body.length} bytes`);
  const datagram = {
    sourceMac: macText(body),
    destinationMac: macText(body, 6),
    source: view.getUint32(12),
    destination: view.getUint32(16),
    sourcePort: view.getUint16(20),
    destinationPort: view.getUint16(22),
    payload: body.slice(DATAGRAM),
  };
  if (kind === KINDS.datagram) return { kind: "datagram", datagram };
  const { sourceMac: _, ...outgoing } = datagram;
  return { kind: "send", datagram: outgoing };
}

function bad(what: string): ProtocolError {
  return new ProtocolError("HAL_FRAME", `Cannot carry ${what} between hald and its client`);
}
