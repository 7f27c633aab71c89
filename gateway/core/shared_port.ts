import { createServer, type Server } from "node:net";
import { GatewayError } from "./errors.ts";
import { CORE_LIMITS } from "./limits.ts";

/** Where a server listens. */
export interface ListenPlace {
  /** Name of the listener in errors. */
  readonly name: string;
  /** IP address, IPv6 without brackets. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/**
 * Listens so that the next Worker of this process can open the same port beside this one (SO_REUSEPORT). The system shares
 * such a port with any process of the same user: a second gateway would silently get a part of the stations. So a port
 * that none of our own Workers has is first opened for this process alone.
 * @param ours ports that Workers of this process listen on (WorkerContext.sharedPorts)
 * @throws GatewayError SUP_PERMISSION when this Worker may not listen there, SUP_START_FAILED when it cannot
 */
export async function listenShared(server: Server, place: ListenPlace, ours: readonly number[] = []): Promise<void> {
  await requireListenPermission(place);
  if (place.port !== 0 && !ours.includes(place.port)) {
    const probe = createServer();
    await listen(probe, place, false);
    await new Promise<void>((resolve) => probe.close(() => resolve()));
  }
  await listen(server, place, true);
}

/**
 * Refuses before the listen: a denied one would end the isolate as an uncaught error (measured on Deno 2.9.6).
 * @throws GatewayError SUP_PERMISSION
 */
export async function requireListenPermission({ name, host, port }: ListenPlace): Promise<void> {
  const { state } = await Deno.permissions.query({ name: "net", host: textOf(host, port) });
  if (state === "granted") return;
  throw new GatewayError("SUP_PERMISSION", `Cannot listen on ${name}: this Worker may not use ${textOf(host, port)}`, {
    hint: "`flags` prints the permissions that site.yaml needs",
  });
}

/** Opens a server on a place, whose connections TCP keeps alive, or fails with SUP_START_FAILED naming it. */
export function listen(server: Server, { name, host, port }: ListenPlace, reusePort: boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (cause: Error & { readonly code?: string }) => {
    const taken = cause.code === "EADDRINUSE" ? ": another process listens there, perhaps a second gateway" : "";
    reject(
      new GatewayError("SUP_START_FAILED", `Cannot listen on ${name} (${textOf(host, port)})${taken}`, {
        cause,
        ...(taken === "" ? {} : { hint: `Find it with \`ss -ltnp 'sport = :${port}'\`, or change the port` }),
      }),
    );
  };
  server.once("error", fail);
  // The server's own option keepAlive has no effect on Deno (decision 0203): half-open connections would stay for ever.
  server.on("connection", (socket) => socket.setKeepAlive(true, CORE_LIMITS.tcpKeepAliveMs));
  server.listen({ host, port, reusePort }, () => {
    server.off("error", fail);
    resolve();
  });
  return promise;
}

function textOf(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
