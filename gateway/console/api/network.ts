import { z } from "zod";
import { operation } from "./operation.ts";

/** One address given to one device. */
export const LeaseRow = z.object({
  zone: z.string(),
  address: z.string(),
  mac: z.string(),
  state: z.enum(["bound", "released", "declined"]),
  kind: z.string(),
  device: z.string().nullable(),
  hostname: z.string().optional(),
  renewedAt: z.number().describe("Milliseconds since 1970"),
  expiresAt: z.number().describe("Milliseconds since 1970"),
});
/** One address given to one device. */
export type LeaseRow = z.infer<typeof LeaseRow>;

/** Who has which address. */
export const listDhcpLeases = operation({
  id: "listDhcpLeases",
  method: "get",
  path: "/dhcp/leases",
  tag: "network",
  summary: "Lists who has which address, and until when",
  needs: "command dhcp leases",
  input: z.object({}),
  output: z.array(LeaseRow),
  call: async (person) => z.array(LeaseRow).parse((await person.run("dhcp leases")).data),
});

/** An unknown device that asked for an address. */
export const UnknownDevice = z.object({
  mac: z.string(),
  zone: z.string(),
  count: z.number(),
  lastSeen: z.number().describe("Milliseconds since 1970"),
  hostname: z.string().optional(),
  vendorClass: z.string().optional(),
});
/** An unknown device that asked for an address. */
export type UnknownDevice = z.infer<typeof UnknownDevice>;

/** Devices to be adopted. */
export const listUnknownDevices = operation({
  id: "listUnknownDevices",
  method: "get",
  path: "/dhcp/inbox",
  tag: "network",
  summary: "Lists unknown devices that asked for an address",
  needs: "command dhcp inbox",
  input: z.object({}),
  output: z.array(UnknownDevice),
  call: async (person) => z.array(UnknownDevice).parse((await person.run("dhcp inbox")).data),
});

const Sight = z.object({
  kind: z.enum(["conflict", "foreign-server", "changed"]),
  zone: z.string(),
  subject: z.string(),
  detail: z.string(),
  count: z.number(),
  lastSeen: z.number().describe("Milliseconds since 1970"),
});
const ZoneRow = z.object({ zone: z.string(), mode: z.string(), state: z.string(), leases: z.number() });
/** How DHCP stands. */
export const DhcpStatus = z.object({
  states: z.array(z.object({ worker: z.string(), zones: z.array(ZoneRow).default([]), why: z.string().optional() })),
  sights: z.array(Sight),
});
/** How DHCP stands. */
export type DhcpStatus = z.infer<typeof DhcpStatus>;

/** How DHCP of each zone is doing, with conflicts and foreign servers. */
export const readDhcpStatus = operation({
  id: "readDhcpStatus",
  method: "get",
  path: "/dhcp/status",
  tag: "network",
  summary: "Shows how DHCP of each zone is doing, and conflicts and foreign servers that were seen",
  needs: "command dhcp status",
  input: z.object({}),
  output: DhcpStatus,
  call: async (person) => DhcpStatus.parse((await person.run("dhcp status")).data),
});

/** Lets an unknown device have an address. */
export const adoptDevice = operation({
  id: "adoptDevice",
  method: "post",
  path: "/dhcp/inbox/{mac}/adopt",
  tag: "network",
  summary: "Lets an unknown device have an address from its next question on",
  needs: "command dhcp adopt",
  input: z.object({
    mac: z.string().max(17),
    address: z.string().max(15).optional().describe("An address of its own; absent: one of the pool"),
    name: z.string().max(128).optional().describe("What it is"),
  }),
  output: z.object({ text: z.string() }),
  call: async (person, { mac, address, name }) => {
    const args = { mac, ...address ? { address } : {}, ...name ? { name } : {} };
    return { text: (await person.run("dhcp adopt", args)).text };
  },
});
