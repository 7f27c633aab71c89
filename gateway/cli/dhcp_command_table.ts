import type { CommandDeclaration } from "./command_table.ts";

/** The commands that begin with `dhcp`, alphabetical; a part of COMMANDS. */
export const DHCP_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "dhcp adopt",
    where: "control",
    summary: "Lets an unknown device have an address from its next question on",
    args: ["mac"],
    options: {
      "zone=ZONE": "Its zone; absent: where it asked",
      "address=ADDRESS": "An address of its own; absent: one of the pool",
      "name=NAME": "What it is; absent: what it calls itself",
    },
    example: "dhcp adopt 02:00:00:00:00:11 --address 10.20.0.11 --name meter-3",
  },
  {
    name: "dhcp free",
    where: "control",
    summary: "Takes a lease away, or ends the probation of a declined address",
    args: ["address"],
    options: { "zone=ZONE": "Only in this zone" },
    example: "dhcp free 10.20.0.117",
  },
  {
    name: "dhcp inbox",
    where: "control",
    summary: "Lists unknown devices that asked for an address",
    example: "dhcp inbox",
  },
  {
    name: "dhcp leases",
    where: "control",
    summary: "Lists who has which address, and until when",
    options: { "zone=ZONE": "Only this zone", "all": "Also leases that are over" },
    example: "dhcp leases --zone ot",
  },
  {
    name: "dhcp remove",
    where: "control",
    summary: "Takes back the adoption of a device",
    args: ["mac"],
    example: "dhcp remove 02:00:00:00:00:11",
  },
  {
    name: "dhcp status",
    where: "control",
    summary: "Shows how DHCP of each zone is doing, and conflicts and foreign servers that were seen",
    example: "dhcp status",
  },
];
