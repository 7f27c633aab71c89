import { rejects } from "node:assert/strict";
import { createServer } from "node:net";
import { requireFreePorts } from "./free_ports.ts";

Deno.test("demo ports: a taken one is named with what to do; free ones pass", async () => {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", () => resolve());
  await promise;
  const { port } = server.address() as { port: number };
  const ports = { console: 0, tls: 0, plain: 0, metrics: 0 };
  try {
    await requireFreePorts("127.0.0.1", ports);
    await rejects(requireFreePorts("127.0.0.1", { ...ports, tls: port }), (error: Error & { hint?: string }) => {
      return error.message.includes(`${port} (tls)`) && error.hint!.includes("--port-offset");
    });
  } finally {
    server.close();
  }
});
