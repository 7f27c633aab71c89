import { NetworkLinkList } from "../network_links.ts";
import { object } from "../schema.ts";
import { defineVerb } from "../verb.ts";

/** The network interfaces of the box with their carrier, for `why` and `check`. */
export const netLinks = defineVerb({
  name: "net.links",
  permission: "read",
  args: object({}),
  answer: object({ links: NetworkLinkList }),
  run: async (_, box) => ({ links: await box.links.list() }),
});
