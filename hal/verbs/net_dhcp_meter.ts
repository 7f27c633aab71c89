import { SourceMeter } from "../packet_link.ts";
import { object } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needPackets } from "./need.ts";

/** Sets how many DHCP packets the kernel lets through from one interface, or takes the meter away. */
export const netDhcpMeter = defineVerb({
  name: "net.dhcp-meter",
  permission: "act",
  args: SourceMeter,
  answer: object({}),
  run: async (meter, box) => {
    await needPackets(box).meter(meter);
    return {};
  },
});
