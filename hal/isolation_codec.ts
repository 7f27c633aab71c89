import { macText, writeMac } from "./ethernet_codec.ts";

const ETHERNET = 14;
const IPV4 = 0x0800;
const ARP = 0x0806;
const IPV6 = 0x86dd;
const BROADCAST = "ff:ff:ff:ff:ff:ff";
/** 224.0.0.1 and ff02::1, all hosts, as Ethernet addresses (RFC 1112 section 6.4, RFC 2464 section 7). */
const ALL_HOSTS = "01:00:5e:00:00:01";
const ALL_NODES = "33:33:00:00:00:01";
/** Frames that a switch sends by itself: spanning tree, LLDP. */
const SWITCH_FRAMES = /^01:80:c2:00:00:/;

/** By what a device let itself be seen on a port where only the box should be heard. */
export type IsolationLeak = "arp" | "ipv6" | "multicast";

/**
 * Questions to every device of a segment, as a station's port could ask them: ARP for each address (RFC 5227 probe),
 * a general IGMP query (RFC 2236) and an ICMPv6 echo to all nodes (RFC 4443). None of them changes what a device knows.
 */
export function isolationFrames(mac: string, targets: readonly string[]): readonly Uint8Array<ArrayBuffer>[] {
  return [...targets.map((target) => arpProbe(mac, target)), igmpQuery(mac), echoToAllNodes(mac)];
}

/** Who is heard by a frame, and how; undefined for our own frames and those of the switch. */
export function readLeak(
  frame: Uint8Array,
  ownMac: string,
): { readonly mac: string; readonly leak: IsolationLeak; readonly address?: string } | undefined {
  if (frame.length < ETHERNET) return undefined;
  const mac = macText(frame, 6);
  if (mac === ownMac || SWITCH_FRAMES.test(macText(frame, 0))) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const type = view.getUint16(12);
  if (type === ARP && frame.length >= ETHERNET + 28) {
    return { mac, leak: "arp", address: [...frame.subarray(28, 32)].join(".") };
  }
  if (type === IPV6) return { mac, leak: "ipv6" };
  return type === IPV4 ? { mac, leak: "multicast" } : undefined;
}

function framed(
  to: string,
  from: string,
  type: number,
  body: number,
): { frame: Uint8Array<ArrayBuffer>; view: DataView } {
  const frame = new Uint8Array(Math.max(60, ETHERNET + body));
  writeMac(to, frame, 0);
  writeMac(from, frame, 6);
  const view = new DataView(frame.buffer);
  view.setUint16(12, type);
  return { frame, view };
}

function arpProbe(mac: string, target: string): Uint8Array<ArrayBuffer> {
  const { frame, view } = framed(BROADCAST, mac, ARP, 28);
  view.setUint16(14, 1); // Ethernet
  view.setUint16(16, IPV4);
  frame.set([6, 4, 0, 1], 18); // lengths; request
  writeMac(mac, frame, 22); // sender address 0.0.0.0: nobody learns anything
  frame.set(target.split(".").map(Number), 38);
  return frame;
}

function igmpQuery(mac: string): Uint8Array<ArrayBuffer> {
  const { frame, view } = framed(ALL_HOSTS, mac, IPV4, 32);
  frame.set([0x46, 0xc0, 0, 32, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 224, 0, 0, 1, 0x94, 4, 0, 0], 14);
  view.setUint16(24, checksum(frame.subarray(14, 38)));
  frame.set([0x11, 10, 0, 0, 0, 0, 0, 0], 38); // general query, answers within one second
  view.setUint16(40, checksum(frame.subarray(38, 46)));
  return frame;
}

function echoToAllNodes(mac: string): Uint8Array<ArrayBuffer> {
  const { frame, view } = framed(ALL_NODES, mac, IPV6, 48);
  view.setUint32(14, 0x60000000);
  view.setUint16(18, 8);
  frame.set([58, 255], 20); // ICMPv6, one hop that nobody can have shortened
  frame.set(linkLocal(mac), 22);
  frame.set([0xff, 0x02], 38);
  frame[53] = 1;
  frame.set([128, 0, 0, 0, 0x62, 0x68, 0, 1], 54);
  const pseudo = new Uint8Array(48);
  pseudo.set(frame.subarray(22, 54), 0);
  pseudo.set([0, 0, 0, 8, 0, 0, 0, 58], 32);
  pseudo.set(frame.subarray(54, 62), 40);
  view.setUint16(56, checksum(pseudo));
  return frame;
}

/** fe80:: with the modified EUI-64 of the MAC (RFC 4291 appendix A). */
function linkLocal(mac: string): number[] {
  const bytes = mac.split(":").map((part) => parseInt(part, 16));
  const [first = 0, ...rest] = bytes;
  return [0xfe, 0x80, 0, 0, 0, 0, 0, 0, first ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
}

/** The Internet checksum (RFC 1071). */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}
