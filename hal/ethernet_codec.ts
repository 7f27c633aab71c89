import type { AddressClaim, Ipv4, Outgoing, PacketDatagram } from "./packet_link.ts";

const ETHERNET = 14;
const IPV4 = 0x0800;
const ARP = 0x0806;
const UDP = 17;
const BROADCAST = "ff:ff:ff:ff:ff:ff";

/** Six bytes as "02:00:00:00:00:01". */
export function macText(bytes: Uint8Array, at = 0): string {
  let text = "";
  for (let index = at; index < at + 6; index++) {
    text += (index === at ? "" : ":") + (bytes[index]! < 16 ? "0" : "") + bytes[index]!.toString(16);
  }
  return text;
}

/** "02:00:00:00:00:01" into six bytes of `out`. */
export function writeMac(mac: string, out: Uint8Array, at: number): void {
  for (let index = 0; index < 6; index++) out[at + index] = parseInt(mac.slice(index * 3, index * 3 + 2), 16);
}

/**
 * The UDP datagram in an Ethernet frame; undefined when it is none, or one that cannot be judged: a fragment, cut off, or
 * with lengths that contradict each other. The UDP checksum is not looked at: a virtual link leaves it to the hardware.
 */
export function readDatagram(frame: Uint8Array): PacketDatagram | undefined {
  if (frame.length < ETHERNET + 28) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint16(12) !== IPV4) return undefined;
  const first = frame[ETHERNET]!;
  const header = (first & 0x0f) * 4;
  const total = view.getUint16(ETHERNET + 2);
  const isFragment = (view.getUint16(ETHERNET + 6) & 0x3fff) !== 0;
  if (first >> 4 !== 4 || header < 20 || isFragment || frame[ETHERNET + 9] !== UDP) return undefined;
  if (total < header + 8 || ETHERNET + total > frame.length) return undefined;
  const udp = ETHERNET + header;
  const length = view.getUint16(udp + 4);
  if (length < 8 || length > total - header) return undefined;
  return {
    destinationMac: macText(frame, 0),
    sourceMac: macText(frame, 6),
    source: view.getUint32(ETHERNET + 12),
    destination: view.getUint32(ETHERNET + 16),
    sourcePort: view.getUint16(udp),
    destinationPort: view.getUint16(udp + 2),
    payload: frame.slice(udp + 8, udp + length),
  };
}

/** The frame of a datagram, checksums filled in. */
export function writeDatagram(mac: string, datagram: Outgoing): Uint8Array<ArrayBuffer> {
  const { destinationMac, source, destination, sourcePort, destinationPort, payload } = datagram;
  const frame = new Uint8Array(ETHERNET + 28 + payload.length);
  const view = new DataView(frame.buffer);
  writeMac(destinationMac, frame, 0);
  writeMac(mac, frame, 6);
  view.setUint16(12, IPV4);
  view.setUint16(ETHERNET, 0x4500);
  view.setUint16(ETHERNET + 2, 28 + payload.length);
  frame[ETHERNET + 8] = 64;
  frame[ETHERNET + 9] = UDP;
  view.setUint32(ETHERNET + 12, source);
  view.setUint32(ETHERNET + 16, destination);
  view.setUint16(ETHERNET + 10, checksum(frame, ETHERNET, 20));
  view.setUint16(ETHERNET + 20, sourcePort);
  view.setUint16(ETHERNET + 22, destinationPort);
  view.setUint16(ETHERNET + 24, 8 + payload.length);
  frame.set(payload, ETHERNET + 28);
  // The pseudo header of RFC 768: addresses, protocol, length. A sum of 0 is sent as 0xffff.
  const pseudo = sum(frame, ETHERNET + 12, 8) + UDP + 8 + payload.length;
  view.setUint16(ETHERNET + 26, checksum(frame, ETHERNET + 20, 8 + payload.length, pseudo) || 0xffff);
  return frame;
}

/** Who an ARP packet for Ethernet and IPv4 says it is; undefined for a probe (sender 0.0.0.0) and for anything else. */
export function readClaim(frame: Uint8Array): AddressClaim | undefined {
  if (frame.length < ETHERNET + 28) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const isArp = view.getUint16(12) === ARP && view.getUint16(ETHERNET) === 1 && view.getUint16(ETHERNET + 2) === IPV4 &&
    view.getUint16(ETHERNET + 4) === 0x0604;
  if (!isArp) return undefined;
  const address = view.getUint32(ETHERNET + 14);
  return address === 0 ? undefined : { mac: macText(frame, ETHERNET + 8), address };
}

/** An ARP probe (RFC 5227 section 2.1.1): asks for an address without claiming one. */
export function writeProbe(mac: string, address: Ipv4): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(ETHERNET + 28);
  const view = new DataView(frame.buffer);
  writeMac(BROADCAST, frame, 0);
  writeMac(mac, frame, 6);
  view.setUint16(12, ARP);
  view.setUint16(ETHERNET, 1);
  view.setUint16(ETHERNET + 2, IPV4);
  view.setUint16(ETHERNET + 4, 0x0604);
  view.setUint16(ETHERNET + 6, 1);
  writeMac(mac, frame, ETHERNET + 8);
  view.setUint32(ETHERNET + 24, address);
  return frame;
}

function sum(bytes: Uint8Array, at: number, length: number): number {
  let total = 0;
  for (let index = 0; index < length; index++) total += bytes[at + index]! << (index % 2 === 0 ? 8 : 0);
  return total;
}

/** The Internet checksum (RFC 1071). */
function checksum(bytes: Uint8Array, at: number, length: number, start = 0): number {
  let total = start + sum(bytes, at, length);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}
