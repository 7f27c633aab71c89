import { deepEqual } from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { clientFrame, RawStation, upgradeHead } from "../../tests/support/raw_station.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { createRpcServer } from "./ocpp_rpc.ts";

Deno.test("ocpp-rpc: a call that comes with the upgrade, or as soon as it is answered, is not lost", async () => {
  const rpc = createRpcServer(), asked: string[] = [], server = createServer();
  rpc.on("client", (client) => {
    client.handle((
      { messageId, method },
    ) => (asked.push(`${messageId} ${method}`), { currentTime: "2026-01-01T00:00:00Z" }));
  });
  server.on("upgrade", rpc.handleUpgrade);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const call = (id: number) => clientFrame(0x81, JSON.stringify([2, `${id}`, "Heartbeat", {}]));
  const head = new TextEncoder().encode(upgradeHead());
  try {
    using station = await RawStation.open((server.address() as AddressInfo).port, Uint8Array.of(...head, ...call(1)));
    await station.write(call(2));
    await waitFor("both", () => asked.length === 2, 5_000);
    deepEqual(asked, ["1 Heartbeat", "2 Heartbeat"]);
  } finally {
    await rpc.close({ force: true });
    await new Promise((resolve) => server.close(resolve));
  }
});
