import type { Clock } from "../gateway/core/clock.ts";
import type { Timers } from "../gateway/core/timers.ts";
import { HAL_LIMITS } from "./limits.ts";
import { LldpBook, type LldpListener, type LldpNeighbour } from "./lldp.ts";
import { readLldp } from "./lldp_codec.ts";
import { openPacketLibc, type PacketLibc } from "./linux_packet_libc.ts";
import { MSG_DONTWAIT } from "./linux_packet_socket.ts";

const AF_PACKET = 17;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0x80000 | 0x800;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const LLDP = 0x88cc;
const EAGAIN = 11;
/** Nearest bridge, nearest bridge but two-port relays, nearest customer bridge (IEEE 802.1AB table 7-1). */
const GROUPS = [0x0e, 0x03, 0x00];
/** sll_pkttype of what this box sent itself. */
const OUTGOING = 4;

/** Packet sockets for LLDP alone on the interfaces that hald.json names. One that is not there yet is tried again. */
export class LinuxLldpListener implements LldpListener {
  readonly #clock: Clock;
  readonly #libc: PacketLibc;
  readonly #book = new LldpBook();
  readonly #stop: () => void;
  /** Socket by interface; undefined while it is not there. */
  readonly #sockets = new Map<string, number | undefined>();
  readonly #frame = new Uint8Array(2_048);
  readonly #from = new Uint8Array(32);

  constructor(interfaces: readonly string[], clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#libc = openPacketLibc();
    for (const name of interfaces) this.#sockets.set(name, undefined);
    this.#look();
    this.#stop = timers.every(HAL_LIMITS.lldpLookMs, () => this.#look());
  }

  neighbours(): readonly LldpNeighbour[] {
    this.#look();
    return this.#book.all(this.#clock.monotonic());
  }

  close(): void {
    this.#stop();
    for (const descriptor of this.#sockets.values()) if (descriptor !== undefined) this.#libc.close(descriptor);
    this.#sockets.clear();
  }

  #look(): void {
    for (const [name, descriptor] of this.#sockets) {
      const open = descriptor ?? this.#open(name);
      this.#sockets.set(name, open !== undefined && this.#drain(name, open) ? open : undefined);
    }
  }

  /** @returns whether the socket goes on; one that fails is closed */
  #drain(name: string, descriptor: number): boolean {
    for (let count = 0; count < HAL_LIMITS.packetsPerTurn; count++) {
      const length = new Uint8Array(new Uint32Array([this.#from.length]).buffer);
      const size = BigInt(this.#frame.length);
      const read = Number(this.#libc.recvfrom(descriptor, this.#frame, size, MSG_DONTWAIT, this.#from, length));
      if (read < 0) return this.#isWaiting() || (this.#libc.close(descriptor), false);
      const frame = this.#from[10] === OUTGOING ? undefined : readLldp(this.#frame.subarray(0, read));
      if (frame) this.#book.hear(name, frame, this.#clock.monotonic());
    }
    return true;
  }

  /** The last read failed because there is nothing to read. Asked right after it. */
  #isWaiting(): boolean {
    const pointer = this.#libc.__errno_location();
    return pointer !== null && new Deno.UnsafePointerView(pointer).getInt32() === EAGAIN;
  }

  #open(name: string): number | undefined {
    const index = this.#libc.if_nametoindex(new TextEncoder().encode(`${name}\0`));
    if (index === 0) return undefined;
    const descriptor = this.#libc.socket(AF_PACKET, SOCK_RAW_CLOEXEC_NONBLOCK, 0);
    if (descriptor < 0) return undefined;
    const address = new Uint8Array(20);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_PACKET, true);
    view.setUint16(2, LLDP);
    view.setInt32(4, index, true);
    if (this.#libc.bind(descriptor, address, 20) !== 0) {
      this.#libc.close(descriptor);
      return undefined;
    }
    for (const group of GROUPS) this.#join(descriptor, index, group);
    return descriptor;
  }

  /** struct packet_mreq: interface, type multicast (0), length, address. */
  #join(descriptor: number, index: number, group: number): void {
    const request = new Uint8Array(16);
    const view = new DataView(request.buffer);
    view.setInt32(0, index, true);
    view.setUint16(6, 6, true);
    request.set([0x01, 0x80, 0xc2, 0, 0, group], 8);
    this.#libc.setsockopt(descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, request.length);
  }
}
