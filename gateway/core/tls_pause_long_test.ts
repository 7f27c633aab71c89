import { equal, ok } from "node:assert/strict";
import { once } from "node:events";
import type { TLSSocket } from "node:tls";
import { withTlsPair } from "../../tests/support/tls_pair.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { letPauseReachTcp } from "./tls_pause.ts";

const BYTES = 24 * 1_048_576;
/** What TLS, node and one read may hold on their way: 0.2 MiB as measured, everything that is sent without it. */
const BETWEEN = 4 * 1_048_576;

/** Writes BYTES, waiting where it is told to. */
async function send(socket: TLSSocket): Promise<void> {
  const piece = new Uint8Array(65_536);
  for (let left = BYTES; left > 0; left -= piece.length) {
    if (!socket.write(piece)) await once(socket, "drain");
  }
}

for (const end of ["server", "client"] as const) {
  Deno.test(`pause: a reader that stops holds back who sends to a TLS ${end}, and gets every byte afterwards`, async () => {
    await withTlsPair(async ({ server, client, below }) => {
      const reader = end === "server" ? server : client, sender = end === "server" ? client : server;
      equal(letPauseReachTcp(reader), true);
      equal(letPauseReachTcp(reader), true, "a second time changes nothing");
      let taken = 0, isSent = false;
      reader.on("data", (piece: Uint8Array) => {
        if (taken === 0) reader.pause();
        taken += piece.length;
      });
      const sent = send(sender).then(() => isSent = true);
      await untilQuiet(() => below[end].bytesRead);
      equal(isSent, false, "the sender still waits");
      ok(below[end].bytesRead < BETWEEN, `${below[end].bytesRead} bytes were read ahead`);
      reader.resume();
      await sent;
      await waitFor("every byte", () => taken === BYTES);
    });
  });
}

/** Waits until a count has grown from nothing and stands still. */
async function untilQuiet(count: () => number): Promise<void> {
  let before = 0, same = 0;
  await waitFor("the bytes to stand still", () => {
    const now = count();
    same = now > 0 && now === before ? same + 1 : 0;
    before = now;
    return same >= 15;
  });
}

Deno.test("pause: a closed connection below is left alone", async () => {
  await withTlsPair(({ server, below }) => {
    equal(letPauseReachTcp(server), true);
    below.server.destroy();
    server.pause();
    server.resume();
  });
});
