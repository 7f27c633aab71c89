import assert from "node:assert/strict";
import { waitFor } from "../support/wait_for.ts";
import { HAL_LIMITS } from "../../hal/limits.ts";
import { type Libc, openLibc } from "../../hal/linux_libc.ts";
import { LinuxPeerIdentifier } from "../../hal/linux_peer_credentials.ts";

async function withListener(
  work: (accept: () => Promise<Deno.UnixConn>, identifier: LinuxPeerIdentifier, path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/s`;
  using libc = openLibc();
  const listener = Deno.listen({ transport: "unix", path });
  try {
    await work(() => listener.accept(), new LinuxPeerIdentifier(libc, path), path);
  } finally {
    listener.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Another process that connects and stays until its input closes. */
function connectFromAnotherProcess(path: string): Deno.ChildProcess {
  const args = ["-", `UNIX-CONNECT:${path}`];
  return new Deno.Command("socat", { args, stdin: "piped", stdout: "null", stderr: "null" }).spawn();
}

Deno.test("peer credentials: names the process and user that connected", () =>
  withListener(async (accept, identifier, path) => {
    const child = connectFromAnotherProcess(path);
    using _conn = await accept();
    const peer = identifier.identifyLatest();
    assert.deepEqual([peer?.pid, peer?.uid, peer?.gid], [child.pid, Deno.uid(), Deno.gid()]);
    await child.stdin.close();
    await child.status;
  }));

Deno.test("peer credentials: each of several connections is named by its own process", () =>
  withListener(async (accept, identifier, path) => {
    const open: Deno.UnixConn[] = [];
    const children: Deno.ChildProcess[] = [];
    for (let index = 0; index < 4; index++) {
      children.push(connectFromAnotherProcess(path));
      open.push(await accept());
      assert.equal(identifier.identifyLatest()?.pid, children[index]!.pid);
      if (index === 1) open[0]!.close(); // Its descriptor number is used again by the next one.
    }
    for (const conn of open.slice(1)) conn.close();
    for (const child of children) {
      await child.stdin.close();
      await child.status;
    }
  }));

Deno.test("peer credentials: without a new connection, or with two, nobody is named", () =>
  withListener(async (accept, identifier, path) => {
    assert.equal(identifier.identifyLatest(), undefined);
    const clients = [await Deno.connect({ transport: "unix", path }), await Deno.connect({ transport: "unix", path })];
    const accepted = [await accept(), await accept()];
    assert.equal(identifier.identifyLatest(), undefined);
    assert.equal(identifier.identifyLatest(), undefined);
    for (const conn of [...clients, ...accepted]) conn.close();
  }));

Deno.test("peer credentials: sockets of another path are not taken for ours", () =>
  withListener((_, identifier) =>
    withListener(async (accept, other, path) => {
      const client = await Deno.connect({ transport: "unix", path });
      const conn = await accept();
      assert.equal(identifier.identifyLatest(), undefined);
      assert.equal((await waitFor("the peer", () => other.identifyLatest())).uid, Deno.uid());
      client.close();
      conn.close();
    })
  ));

/** A C library with one accepted connection of user 5 at `place`, once it is plugged in. */
function libcWith(place: number, path: string, isOpen: () => boolean): Libc {
  const fill = (target: unknown, bytes: Uint8Array) => void (target as Uint8Array).set(bytes);
  const answer = { 30: [0, 0, 0, 0], 57: [9, 0, 0, 0, 0, 0, 0, 0], 17: [7, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0] };
  return {
    adjtimex: () => 0,
    getsockname: (descriptor, address) => {
      if (descriptor !== place || !isOpen()) return -1;
      fill(address, Uint8Array.of(1, 0, ...new TextEncoder().encode(path), 0));
      return 0;
    },
    getsockopt: (_, __, option, value) => (fill(value, Uint8Array.from(answer[option as 17])), 0),
  };
}

for (const [past, uid] of [[0, 5], [1, undefined]] as const) {
  Deno.test(`peer credentials: a descriptor ${past} past the limit is ${uid === undefined ? "refused" : "found"}`, () => {
    let isOpen = false;
    const libc = libcWith(HAL_LIMITS.descriptors - 1 + past, "/run/x", () => isOpen);
    const identifier = new LinuxPeerIdentifier(libc, "/run/x");
    isOpen = true;
    assert.equal(identifier.identifyLatest()?.uid, uid);
  });
}
