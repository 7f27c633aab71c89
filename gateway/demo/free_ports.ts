import { createServer } from "node:net";
import { GatewayError } from "../core/errors.ts";
import type { DemoPorts } from "./demo_args.ts";

/**
 * Looks whether every port can be listened on.
 * @throws GatewayError DEMO_PORT_TAKEN that names the taken ones and what else to type
 */
export async function requireFreePorts(host: string, ports: DemoPorts): Promise<void> {
  const taken: string[] = [];
  for (const [name, port] of Object.entries(ports) as [string, number][]) {
    if (!await isFree(host, port)) taken.push(`${port} (${name})`);
  }
  if (taken.length === 0) return;
  throw new GatewayError("DEMO_PORT_TAKEN", `Cannot listen on ${host}: in use or not permitted: ${taken.join(", ")}`, {
    hint: "End what listens there, or choose other ports: demo --port-offset 1000",
  });
}

function isFree(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", () => resolve(false));
  server.listen(port, host, () => server.close(() => resolve(true)));
  return promise;
}
