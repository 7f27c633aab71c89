import assert from "node:assert/strict";
import { freePort, freePorts } from "./free_port.ts";

Deno.test("free port: none is drawn twice, also before somebody listens on it", () => {
  const drawn = new Set(Array.from({ length: 200 }, () => freePort()));
  assert.equal(drawn.size, 200);
});

Deno.test("free port: a range is in a row, and below the ports of outgoing connections", async () => {
  const ports = freePorts(3);
  assert.deepEqual(ports, [ports[0], ports[0]! + 1, ports[0]! + 2]);
  const [lowest] = (await Deno.readTextFile("/proc/sys/net/ipv4/ip_local_port_range")).split("\t");
  assert.ok(ports[2]! < Number(lowest), `${ports[2]} may be taken by a connection`);
});
