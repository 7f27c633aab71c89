import { Digest, FirewallState } from "../firewall.ts";
import { object } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needFirewall } from "./need.ts";

/** Keeps the pending ruleset, for every further start of the box too. */
export const nftConfirm = defineVerb({
  name: "nft.confirm",
  permission: "act",
  args: object({ digest: Digest }),
  answer: FirewallState,
  run: ({ digest }, box) => needFirewall(box).confirm(digest),
});
