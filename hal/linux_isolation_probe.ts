import { HardwareError } from "../gateway/core/errors.ts";
import type { Timers } from "../gateway/core/timers.ts";
import { isolationFrames, readLeak } from "./isolation_codec.ts";
import type { HeardDevice, IsolationProbe } from "./isolation_probe.ts";
import { HAL_LIMITS } from "./limits.ts";
import { lastError, openPacketLibc, type PacketLibc } from "./linux_packet_libc.ts";
import { macOf, MSG_DONTWAIT } from "./linux_packet_socket.ts";

const AF_PACKET = 17;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0x80000 | 0x800;
/** ETH_P_ALL: whatever comes out of the port. */
const ALL_PROTOCOLS = 0x0003;
/** Milliseconds between two looks at the socket. */
const LOOK_MS = 50;

/** Packet sockets on the interfaces that hald.json names for probing, and on no other. */
export class LinuxIsolationProbe implements IsolationProbe {
  readonly #interfaces: readonly string[];
  readonly #timers: Timers;
  #libc: PacketLibc | undefined;

  constructor(interfaces: readonly string[], timers: Timers) {
    this.#interfaces = interfaces;
    this.#timers = timers;
  }

  async probe(name: string, targets: readonly string[]): Promise<readonly HeardDevice[]> {
    if (!this.#interfaces.includes(name)) {
      throw new HardwareError("HAL_NOT_CONFIGURED", `hald may not probe with interface "${name}"`, {
        hint: `Add "${name}" to probe.interfaces in hald.json, then restart bulkhead-hald`,
      });
    }
    const libc = this.#libc ??= openPacketLibc();
    const descriptor = open(libc, name);
    try {
      const own = macOf(libc, descriptor);
      const heard = new Map<string, { leaks: Set<HeardDevice["leaks"][number]>; address?: string }>();
      for (const frame of isolationFrames(own, targets)) {
        if (libc.send(descriptor, frame, BigInt(frame.length), MSG_DONTWAIT) < 0n) {
          throw failed(libc, `send on "${name}"`);
        }
      }
      await this.#listen(libc, descriptor, (frame) => {
        const leak = readLeak(frame, own);
        if (!leak || (heard.size >= HAL_LIMITS.probeDevices && !heard.has(leak.mac))) return;
        const device = heard.get(leak.mac) ?? { leaks: new Set() };
        device.leaks.add(leak.leak);
        if (leak.address !== undefined) device.address = leak.address;
        heard.set(leak.mac, device);
      });
      return [...heard].map(([mac, { leaks, address }]) => ({
        mac,
        leaks: [...leaks].sort(),
        ...address === undefined ? {} : { address },
      }));
    } finally {
      libc.close(descriptor);
    }
  }

  #listen(libc: PacketLibc, descriptor: number, onFrame: (frame: Uint8Array) => void): Promise<void> {
    const buffer = new Uint8Array(2_048);
    const [from, length] = [new Uint8Array(32), new Uint8Array(new Uint32Array([32]).buffer)];
    const drain = () => {
      for (let count = 0; count < 1_000; count++) {
        const read = Number(libc.recvfrom(descriptor, buffer, BigInt(buffer.length), MSG_DONTWAIT, from, length));
        if (read <= 0) return;
        onFrame(buffer.subarray(0, read));
      }
    };
    return new Promise((resolve) => {
      const stop = this.#timers.every(LOOK_MS, drain);
      this.#timers.after(HAL_LIMITS.probeMs, () => (stop(), drain(), resolve()));
    });
  }
}

function open(libc: PacketLibc, name: string): number {
  const index = libc.if_nametoindex(new TextEncoder().encode(`${name}\0`));
  if (index === 0) throw new HardwareError("HAL_PACKET", `Cannot probe with interface "${name}": no such interface`);
  const descriptor = libc.socket(AF_PACKET, SOCK_RAW_CLOEXEC_NONBLOCK, 0);
  if (descriptor < 0) throw failed(libc, `open a packet socket on "${name}"`);
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, ALL_PROTOCOLS);
  view.setInt32(4, index, true);
  if (libc.bind(descriptor, address, 20) === 0) return descriptor;
  const error = failed(libc, `bind a packet socket to "${name}"`);
  libc.close(descriptor);
  throw error;
}

function failed(libc: PacketLibc, what: string): HardwareError {
  return new HardwareError("HAL_PACKET", `Cannot ${what}: ${lastError(libc).text}`, {
    hint: "hald needs CAP_NET_RAW (deploy/systemd/bulkhead-hald-dhcp.conf), and the interface must be up",
  });
}
