import type { CommandHandler } from "../control/contract.ts";
import type { ControlApi, Json } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import { TUNNEL_WORKER } from "../core/tunnel_api.ts";
import type { RpcHandlers } from "../core/rpc.ts";
import type { Access } from "./access.ts";
import type { AccessBook } from "./access_book.ts";
import type { Callers } from "./callers.ts";
import { type TunnelParts, Tunnels } from "./tunnels.ts";

/** The part of people that carries tunnels. */
export interface TunnelFeature {
  readonly handlers: RpcHandlers<ControlApi>;
  readonly commands: Readonly<Record<string, CommandHandler>>;
  sweep(): Promise<void>;
  workerJoined(worker: string): Promise<void>;
  workerLeft(worker: string): Promise<void>;
}

/** Opens what is stored of tunnels, and serves them. */
export async function createTunnelFeature(callers: Callers, parts: TunnelParts): Promise<TunnelFeature> {
  const tunnels = await Tunnels.open(parts), { access, book } = parts;
  return {
    handlers: tunnelHandlers(callers, tunnels),
    commands: tunnelCommands(tunnels, access, book),
    sweep: () => tunnels.sweep(),
    workerJoined: async (worker) => isTunnelWorker(worker) ? await tunnels.workerJoined() : undefined,
    workerLeft: async (worker) => isTunnelWorker(worker) ? await tunnels.workerLeft() : undefined,
  };
}

/** Also its successor after a reload, "tunnel~2". */
const isTunnelWorker = (worker: string): boolean => worker.replace(/~\d+$/, "") === TUNNEL_WORKER;

/** Tunnels as the console and the Worker that dials ask for them. */
function tunnelHandlers(callers: Callers, tunnels: Tunnels): RpcHandlers<ControlApi> {
  return {
    "people.tunnel.open": async ({ by, ...wish }) => {
      const { person, source, session } = await callers.allow("people.tunnel.open", by);
      return await tunnels.begin({ person, source, ...session ? { session } : {} }, wish);
    },
    "people.tunnel.list": async ({ by }) => {
      const { person, roles } = await callers.allow("people.tunnel.list", by);
      const isWatcher = roles.includes("administrator") || roles.includes("operator");
      const open = (await tunnels.list()).filter((tunnel) => isWatcher || tunnel.person === person);
      return { open, declared: tunnels.declared() };
    },
    "tunnel.enter": (asked) => tunnels.enter(asked),
    "tunnel.left": (count) => tunnels.left(count),
  };
}

/** The commands that begin with `tunnel`. */
function tunnelCommands(
  tunnels: Tunnels,
  access: Access,
  book: AccessBook,
): Readonly<Record<string, CommandHandler>> {
  return {
    "tunnel end": async (args, who) => {
      const id = String(args["id"]);
      const lease = book.leases.get(id);
      if (!lease || !(await tunnels.list()).some((tunnel) => tunnel.id === id)) {
        throw new GatewayError("PERSON_UNKNOWN", `There is no tunnel "${id.slice(0, 40)}"`, { hint: "`tunnel list`" });
      }
      await access.end([lease], "access.killed", who);
      return { text: `Ended: the tunnel of ${lease.person} to ${lease.station}.`, data: { ended: id } };
    },
    "tunnel list": async () => {
      const all = await tunnels.list();
      if (all.length === 0) return { text: "No tunnel is open.", data: [] };
      const rows = all.map(({ id, person, station, port, until, connections, up, down }) => [
        ...[id, person, station, String(port), new Date(until).toISOString()],
        ...[String(connections), String(up), String(down)],
      ]);
      const head = ["tunnel", "person", "station", "port", "until", "connections", "bytes up", "bytes down"];
      return { text: formatTable(head, rows), data: all as unknown as Json };
    },
  };
}
