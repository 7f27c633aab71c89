import { Digest } from "../firewall.ts";
import { object } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needFirewall } from "./need.ts";

/** Dry run of the staged ruleset: says what the kernel would refuse, changes nothing. */
export const nftCheck = defineVerb({
  name: "nft.check",
  permission: "act",
  args: object({ digest: Digest }),
  answer: object({}),
  run: async ({ digest }, box) => {
    await needFirewall(box).check(digest);
    return {};
  },
});
