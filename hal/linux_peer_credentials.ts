import { HAL_LIMITS } from "./limits.ts";
import type { Libc } from "./linux_libc.ts";
import type { PeerCredentials, PeerIdentifier } from "./peer_credentials.ts";

const AF_UNIX = 1;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SO_ACCEPTCONN = 30;
/** A number the kernel gives each socket once and never again (Linux 4.12). */
const SO_COOKIE = 57;

/**
 * Finds accepted connections of one listening unix socket among this process's descriptors. Deno shows no descriptor
 * numbers, so all are looked at: those bound to our path that do not listen are accepted connections, and the one whose
 * cookie was not there before is the new one. Connections must be accepted one at a time.
 */
export class LinuxPeerIdentifier implements PeerIdentifier {
  readonly #libc: Libc;
  readonly #path: string;
  #known: Set<bigint>;
  readonly #length = new Uint32Array(1);
  readonly #value = new Uint8Array(16);

  constructor(libc: Libc, path: string) {
    this.#libc = libc;
    this.#path = path;
    this.#known = new Set(this.#connections().keys());
  }

  identifyLatest(): PeerCredentials | undefined {
    const now = this.#connections();
    const fresh = [...now].filter(([cookie]) => !this.#known.has(cookie));
    this.#known = new Set(now.keys());
    if (fresh.length !== 1) return undefined;
    const value = this.#option(fresh[0]![1], SO_PEERCRED, 12);
    if (!value) return undefined;
    const view = new DataView(value.buffer);
    return { pid: view.getInt32(0, true), uid: view.getUint32(4, true), gid: view.getUint32(8, true) };
  }

  /** Cookie to descriptor of every connection accepted on our path. */
  #connections(): Map<bigint, number> {
    const found = new Map<bigint, number>();
    for (let descriptor = 3; descriptor < HAL_LIMITS.descriptors; descriptor++) {
      if (this.#boundPath(descriptor) !== this.#path) continue;
      if (this.#option(descriptor, SO_ACCEPTCONN, 4)?.[0] !== 0) continue;
      const cookie = this.#option(descriptor, SO_COOKIE, 8);
      if (cookie) found.set(new DataView(cookie.buffer).getBigUint64(0, true), descriptor);
    }
    return found;
  }

  #boundPath(descriptor: number): string | undefined {
    const address = new Uint8Array(128);
    this.#length[0] = address.length;
    const length = new Uint8Array(this.#length.buffer);
    if (this.#libc.getsockname(descriptor, address, length) !== 0) return undefined;
    if ((address[0]! | address[1]! << 8) !== AF_UNIX) return undefined;
    const end = address.indexOf(0, 2);
    return new TextDecoder().decode(address.subarray(2, end < 0 ? this.#length[0] : end));
  }

  #option(descriptor: number, option: number, bytes: number): Uint8Array<ArrayBuffer> | undefined {
    this.#length[0] = bytes;
    const length = new Uint8Array(this.#length.buffer);
    const failed = this.#libc.getsockopt(descriptor, SOL_SOCKET, option, this.#value, length) !== 0;
    return failed || this.#length[0] !== bytes ? undefined : this.#value.slice(0, bytes);
  }
}
