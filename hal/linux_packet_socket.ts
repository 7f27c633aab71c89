import { HardwareError } from "../gateway/core/errors.ts";
import { macText } from "./ethernet_codec.ts";
import { lastError, type PacketLibc } from "./linux_packet_libc.ts";

const AF_INET = 2;
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_CLOEXEC_NONBLOCK = 0x80000 | 0x800;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_BINDTODEVICE = 25;
const SO_ATTACH_FILTER = 26;
const ETHER_TYPE = { dhcp: 0x0800, arp: 0x0806 } as const;
/** Bytes the kernel keeps for a socket: a burst of some thousand DHCP packets. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;
/** sendto and recvfrom never wait. */
export const MSG_DONTWAIT = 0x40;

/** Classic BPF: IPv4, UDP, no later fragment, destination port 67 or 68. Rows are code, jump if true, if false, operand. */
const DHCP_FILTER = [
  [0x30, 0, 0, 23], // ldb [23]: protocol
  [0x15, 0, 7, 17],
  [0x28, 0, 0, 20], // ldh [20]: fragment offset
  [0x45, 5, 0, 0x1fff],
  [0xb1, 0, 0, 14], // ldx 4*([14]&0xf): IP header length
  [0x48, 0, 0, 16], // ldh [x+16]: destination port
  [0x15, 1, 0, 67],
  [0x15, 0, 1, 68],
  [0x06, 0, 0, 0xffff],
  [0x06, 0, 0, 0],
] as const;
const DROP_ALL = [[0x06, 0, 0, 0]] as const;

/** A packet socket bound to one interface and one protocol. @throws HardwareError HAL_PACKET */
export function bindPacketSocket(libc: PacketLibc, name: string, kind: "dhcp" | "arp"): number {
  const index = libc.if_nametoindex(zeroEnded(name));
  if (index === 0) throw fault(`find interface "${name}"`, "no such interface", "See `ip link` for the names");
  const type = ETHER_TYPE[kind];
  // Protocol 0: nothing comes in before the filter stands.
  const descriptor = libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC_NONBLOCK, 0);
  if (descriptor < 0) throw failed(libc, `open a packet socket on "${name}"`);
  try {
    if (kind === "dhcp") attachFilter(libc, descriptor, DHCP_FILTER);
    const size = new Uint8Array(new Uint32Array([RECEIVE_BUFFER]).buffer);
    libc.setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, size, 4); // The kernel gives what it allows.
    const address = new Uint8Array(20);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_PACKET, true);
    view.setUint16(2, type); // In network order.
    view.setInt32(4, index, true);
    if (libc.bind(descriptor, address, 20) !== 0) throw failed(libc, `bind a packet socket to "${name}"`);
    return descriptor;
  } catch (error) {
    libc.close(descriptor);
    throw error;
  }
}

/**
 * Holds UDP port 67 on this interface alone (SO_BINDTODEVICE before bind, so that each interface can have its holder) and
 * throws away what comes in: the packet socket has it already. Without it the kernel tells renewing clients that nobody
 * is there, and a second server on this box goes unnoticed.
 * @throws HardwareError HAL_PACKET
 */
export function holdServerPort(libc: PacketLibc, name: string): number {
  const descriptor = libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC_NONBLOCK, 0);
  if (descriptor < 0) throw failed(libc, "open a UDP socket");
  try {
    const device = zeroEnded(name);
    if (libc.setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, device, device.length) !== 0) {
      throw failed(libc, `bind a UDP socket to "${name}"`);
    }
    attachFilter(libc, descriptor, DROP_ALL);
    const address = new Uint8Array(16);
    new DataView(address.buffer).setUint16(0, AF_INET, true);
    address[3] = 67;
    if (libc.bind(descriptor, address, 16) !== 0) throw failed(libc, `take UDP port 67 on "${name}"`);
    return descriptor;
  } catch (error) {
    libc.close(descriptor);
    throw error;
  }
}

/** MAC of the interface that a packet socket is bound to. @throws HardwareError HAL_PACKET when it has none any more */
export function macOf(libc: PacketLibc, descriptor: number): string {
  const address = new Uint8Array(32);
  const length = new Uint32Array([32]);
  const failed = libc.getsockname(descriptor, address, new Uint8Array(length.buffer)) !== 0;
  if (failed || address[11] !== 6) throw fault("read the MAC of the interface", "it is no Ethernet interface");
  return macText(address, 12);
}

/** struct sock_fprog: number of instructions, padding, pointer to them. */
function attachFilter(libc: PacketLibc, descriptor: number, rows: readonly (readonly number[])[]): void {
  const code = new Uint8Array(rows.length * 8);
  const view = new DataView(code.buffer);
  rows.forEach(([operation, yes, no, operand], index) => {
    view.setUint16(index * 8, operation!, true);
    code[index * 8 + 2] = yes!;
    code[index * 8 + 3] = no!;
    view.setUint32(index * 8 + 4, operand!, true);
  });
  const program = new Uint8Array(16);
  const head = new DataView(program.buffer);
  head.setUint16(0, rows.length, true);
  head.setBigUint64(8, Deno.UnsafePointer.value(Deno.UnsafePointer.of(code)), true);
  if (libc.setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, program, 16) !== 0) {
    throw failed(libc, "set the filter of a socket");
  }
}

function zeroEnded(name: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${name}\0`);
}

function failed(libc: PacketLibc, what: string): HardwareError {
  return fault(what, lastError(libc).text);
}

function fault(what: string, why: string, hint?: string): HardwareError {
  return new HardwareError("HAL_PACKET", `Cannot ${what}: ${why}`, {
    hint: hint ??
      "hald needs CAP_NET_RAW and CAP_NET_BIND_SERVICE (deploy/systemd/bulkhead-hald-dhcp.conf), and nobody else on port 67",
  });
}
