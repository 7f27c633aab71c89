import { HardwareError } from "../gateway/core/errors.ts";
import type { Clock } from "../gateway/core/clock.ts";
import { readClaim, readDatagram, writeDatagram, writeProbe } from "./ethernet_codec.ts";
import { HAL_LIMITS } from "./limits.ts";
import { lastError, type PacketLibc } from "./linux_packet_libc.ts";
import { bindPacketSocket, holdServerPort, macOf, MSG_DONTWAIT } from "./linux_packet_socket.ts";
import type { Ipv4, LinkEvent, Outgoing, PacketLink, PacketLinkRequest } from "./packet_link.ts";

const EAGAIN = 11;
const ENETDOWN = 100;
const POLLIN = 1;
/** sll_pkttype: to this host, or to all. Frames for others, multicast and our own are not ours to judge. */
const FOR_US: ReadonlySet<number> = new Set([0, 1]);
const FRAME_BYTES = 2_048;

/**
 * Opens the packet sockets of one interface (packet(7)): one for IPv4 with a filter for DHCP, one for ARP. Both are bound
 * to their protocol, so the kernel's ingress meter stands before them and own frames do not come back.
 * @throws HardwareError HAL_PACKET
 */
export function openLinuxPacketLink(libc: PacketLibc, clock: Clock, request: PacketLinkRequest): PacketLink {
  const opened: number[] = [];
  try {
    const dhcp = bindPacketSocket(libc, request.interface, "dhcp");
    opened.push(dhcp);
    const arp = bindPacketSocket(libc, request.interface, "arp");
    opened.push(arp);
    if (request.serve) opened.push(holdServerPort(libc, request.interface));
    const wake = libc.eventfd(0, 0x80000);
    if (wake < 0) throw new HardwareError("HAL_PACKET", `Cannot make an eventfd: ${lastError(libc).text}`);
    opened.push(wake);
    return new LinuxPacketLink(libc, clock, { dhcp, arp, wake, all: opened, mac: macOf(libc, dhcp) });
  } catch (error) {
    for (const descriptor of opened) libc.close(descriptor);
    throw error;
  }
}

interface Descriptors {
  readonly dhcp: number;
  readonly arp: number;
  readonly wake: number;
  readonly all: readonly number[];
  readonly mac: string;
}

class LinuxPacketLink implements PacketLink {
  readonly mac: string;
  readonly #libc: PacketLibc;
  readonly #clock: Clock;
  readonly #fds: Descriptors;
  readonly #frame = new Uint8Array(FRAME_BYTES);
  readonly #from = new Uint8Array(32);
  readonly #fromLength = new Uint32Array(1);
  /** Address to the monotonic time until which claims of it are passed on. */
  readonly #asked = new Map<Ipv4, number>();
  #closed = false;
  #running = false;

  constructor(libc: PacketLibc, clock: Clock, fds: Descriptors) {
    this.#libc = libc;
    this.#clock = clock;
    this.#fds = fds;
    this.mac = fds.mac;
  }

  listen(onEvent: (event: LinkEvent) => void, onEnd: (why?: string) => void): void {
    this.#running = true;
    this.#run(onEvent).then(onEnd, (error) => onEnd((error as Error).message)).finally(() => {
      this.#running = false;
      this.#closed = true;
      this.#release();
    });
  }

  send(datagram: Outgoing): void {
    const isDhcp = [datagram.sourcePort, datagram.destinationPort].every((port) => port === 67 || port === 68);
    if (!isDhcp) throw new HardwareError("HAL_PACKET", "Only datagrams between the ports 67 and 68 are sent");
    this.#write(writeDatagram(this.mac, datagram));
  }

  probe(address: Ipv4): void {
    const now = this.#clock.monotonic();
    for (const [old, until] of this.#asked) {
      if (until > now && this.#asked.size < HAL_LIMITS.askedAddresses) break; // In the order of asking.
      this.#asked.delete(old);
    }
    this.#asked.delete(address);
    this.#asked.set(address, now + HAL_LIMITS.claimMs);
    this.#write(writeProbe(this.mac, address));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#running) this.#libc.write(this.#fds.wake, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]), 8n);
    else this.#release();
  }

  #release(): void {
    for (const descriptor of this.#fds.all) this.#libc.close(descriptor);
  }

  #write(frame: Uint8Array<ArrayBuffer>): void {
    if (!this.#closed) this.#libc.send(this.#fds.dhcp, frame, BigInt(frame.length), MSG_DONTWAIT);
  }

  /** Waits in a thread for any of the sockets, then empties them without waiting. */
  async #run(onEvent: (event: LinkEvent) => void): Promise<string | undefined> {
    const { dhcp, arp, wake } = this.#fds;
    const polled = new Uint8Array(24);
    const view = new DataView(polled.buffer);
    while (!this.#closed) {
      [dhcp, arp, wake].forEach((descriptor, index) => {
        view.setInt32(index * 8, descriptor, true);
        view.setUint32(index * 8 + 4, POLLIN, true);
      });
      await this.#libc.poll(polled, 3n, -1);
      if (this.#closed) return undefined;
      const down = this.#drain(dhcp, (frame) => {
        const datagram = readDatagram(frame);
        if (datagram) onEvent({ kind: "datagram", datagram });
      }) ?? this.#drain(arp, (frame) => this.#judgeArp(frame, onEvent));
      if (down) return down;
    }
    return undefined;
  }

  #judgeArp(frame: Uint8Array, onEvent: (event: LinkEvent) => void): void {
    const claim = readClaim(frame);
    const until = claim && this.#asked.get(claim.address);
    if (claim && until !== undefined && until > this.#clock.monotonic()) onEvent({ kind: "claim", claim });
  }

  /** @returns why the link has ended, if it has */
  #drain(descriptor: number, take: (frame: Uint8Array) => void): string | undefined {
    for (let count = 0; count < HAL_LIMITS.packetsPerTurn; count++) {
      this.#fromLength[0] = this.#from.length;
      const length = Number(this.#libc.recvfrom(
        descriptor,
        this.#frame,
        BigInt(FRAME_BYTES),
        MSG_DONTWAIT,
        this.#from,
        new Uint8Array(this.#fromLength.buffer),
      ));
      if (length < 0) {
        const { errno, text } = lastError(this.#libc);
        return errno === EAGAIN || errno === ENETDOWN && this.#isStillThere() ? undefined : text;
      }
      if (FOR_US.has(this.#from[10]!)) take(this.#frame.subarray(0, length));
    }
    return undefined;
  }

  /** An interface that is only down tells so once and goes on when it is up; one that was removed has no MAC any more. */
  #isStillThere(): boolean {
    try {
      return macOf(this.#libc, this.#fds.dhcp) === this.mac;
    } catch (error) {
      if (error instanceof HardwareError) return false;
      throw error;
    }
  }
}
