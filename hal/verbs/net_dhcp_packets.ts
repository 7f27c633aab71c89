import { HardwareError } from "../../gateway/core/errors.ts";
import { carryPackets } from "../packet_carrier.ts";
import type { PacketLinkRequest } from "../packet_link.ts";
import { flag, object, text } from "../schema.ts";
import { defineVerb, type HaldBox } from "../verb.ts";
import { needPackets } from "./need.ts";

/**
 * The DHCP packets of one interface. After the answer the connection carries records of packet_codec.ts: datagrams and
 * claims to the caller, datagrams to send and addresses to probe from it.
 */
export const netDhcpPackets = defineVerb({
  name: "net.dhcp-packets",
  permission: "act",
  args: object({ interface: text({ min: 1, max: 15, form: /^[A-Za-z0-9._:@-]+$/ }), serve: flag }),
  answer: object({ mac: text({ max: 17 }) }),
  run: () =>
    Promise.reject(new HardwareError("HAL_BAD_VALUE", "net.dhcp-packets is opened as a stream, not called as a verb")),
  open: async (request: PacketLinkRequest, box: HaldBox) => {
    const link = await needPackets(box).open(request);
    return {
      answer: { mac: link.mac },
      carry: (connection) => carryPackets(link, connection),
      close: () => link.close(),
    };
  },
});
