import { FirewallState } from "../firewall.ts";
import { object } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needFirewall } from "./need.ts";

/** Undoes the pending ruleset now. */
export const nftUndo = defineVerb({
  name: "nft.undo",
  permission: "act",
  args: object({}),
  answer: FirewallState,
  run: (_, box) => needFirewall(box).undo("a person undid it"),
});
