import { DeniedFlow, FIREWALL_PATHS } from "../firewall.ts";
import { list, object, oneOf } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needFirewall } from "./need.ts";

/** The refused flows that the kernel remembers, on one path. */
export const nftDenied = defineVerb({
  name: "nft.denied",
  permission: "read",
  args: object({ path: oneOf(FIREWALL_PATHS) }),
  answer: object({ flows: list(DeniedFlow, 400) }),
  run: async ({ path }, box) => ({ flows: await needFirewall(box).denied(path) }),
});
