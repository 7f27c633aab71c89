import { Ipv4 } from "../firewall.ts";
import { integer, object } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needFirewall } from "./need.ts";

/** Opens a maintenance port of a station for one source; the kernel closes it when the time is over. 0 seconds closes it now. */
export const nftOpen = defineVerb({
  name: "nft.open",
  permission: "act",
  args: object({ source: Ipv4, station: Ipv4, port: integer(1, 65_535), seconds: integer(0, 86_400) }),
  answer: object({}),
  run: async ({ source, station, port, seconds }, box) => {
    const opening = { source, station, port };
    const firewall = needFirewall(box);
    if (seconds === 0) await firewall.close(opening);
    else await firewall.open({ ...opening, seconds });
    return {};
  },
});
