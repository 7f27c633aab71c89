import { equal, match } from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { TestCa } from "../../tests/support/test_ca.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import type { ByteEnd } from "../tunnel/pump.ts";
import { HANDSHAKE_MS, openTunnel } from "./tunnel_client.ts";

const CA = new TestCa("Site CA"), SERVER = CA.server(["localhost"]);

Deno.test("tunnel: a gateway that takes the connection and never answers is given up at the limit (0203)", async () => {
  const held: Duplex[] = [], time = new ManualTime();
  const server = createServer({ cert: SERVER.certPem, key: SERVER.keyPem });
  server.on("upgrade", (_request, socket) => void held.push(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const gateway = new URL(`https://localhost:${(server.address() as AddressInfo).port}`);
  let told = "";
  const opened = openTunnel({ gateway, station: "CP001", port: 22, token: "x", caPem: CA.pem }, {} as ByteEnd, time)
    .catch((error: Error) => told = error.message);
  await waitFor("the upgrade", () => held.length === 1);
  time.advance(HANDSHAKE_MS - 1);
  await Promise.resolve();
  equal(told, "");
  time.advance(1);
  await opened;
  match(told, /^Cannot reach the gateway at localhost:\d+: no answer in time$/);
  held[0]!.destroy();
  await new Promise((resolve) => server.close(resolve));
  equal(time.armed, 0);
});
