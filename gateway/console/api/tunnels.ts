import { z } from "zod";
import { DEVICE_ROLES } from "../../../policies/access_types.ts";
import { operation } from "./operation.ts";

/** One engineering tunnel that is open. */
export const TunnelRow = z.object({
  id: z.string().describe("Of the opened way: ending that (endOpenAccess) ends the tunnel"),
  person: z.string(),
  station: z.string(),
  port: z.number(),
  reason: z.string(),
  since: z.number().describe("Milliseconds since 1970"),
  until: z.number().describe("Milliseconds since 1970"),
  connections: z.number(),
  up: z.number().describe("Bytes towards the station"),
  down: z.number().describe("Bytes from the station"),
});
/** One engineering tunnel that is open. */
export type TunnelRow = z.infer<typeof TunnelRow>;

/** The tunnels that are open, and to which ports they may be opened. */
export const listTunnels = operation({
  id: "listTunnels",
  method: "get",
  path: "/tunnels",
  tag: "access",
  summary: "Lists the engineering tunnels that are open, and the ports that site.yaml declares by station",
  needs: "people.tunnel.list",
  input: z.object({}),
  output: z.object({ open: z.array(TunnelRow), declared: z.record(z.string(), z.array(z.number())) }),
  call: async (person) => {
    const { open, declared } = await person.ask("people.tunnel.list", {});
    return {
      open: z.array(TunnelRow).parse(open),
      declared: Object.fromEntries(
        Object.entries(declared).map(([station, ports]) => [station, [...ports]]),
      ),
    };
  },
});

/** Opens a tunnel; its token is shown once. */
export const openTunnel = operation({
  id: "openTunnel",
  method: "post",
  path: "/stations/{station}/tunnels",
  tag: "access",
  summary: "Opens a tunnel to one port of a station for minutes; its token is shown once, for `connect`",
  needs: "people.tunnel.open",
  input: z.object({
    station: z.string().min(1).max(48),
    port: z.coerce.number().int().min(1).max(65_535),
    deviceRole: z.enum(DEVICE_ROLES).optional().describe("Absent: the weakest account that a grant allows it with"),
    reason: z.string().min(3).max(200),
    minutes: z.number().int().min(1).max(480).optional().describe("Absent: as long as the grant allows"),
  }),
  output: z.object({ tunnel: TunnelRow, token: z.string() }),
  call: async (person, { deviceRole, minutes, ...wish }) => {
    const more = { ...deviceRole ? { deviceRole } : {}, ...minutes === undefined ? {} : { minutes } };
    const { tunnel, token } = await person.ask("people.tunnel.open", { ...wish, ...more });
    return { tunnel: TunnelRow.parse(tunnel), token };
  },
});
