import { FirewallState } from "../firewall.ts";
import { object } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needFirewall } from "./need.ts";

/** Which ruleset is kept, which waits, and whether the kernel holds it. */
export const nftState = defineVerb({
  name: "nft.state",
  permission: "read",
  args: object({}),
  answer: FirewallState,
  run: (_, box) => needFirewall(box).state(),
});
