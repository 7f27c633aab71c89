import { Digest, FirewallState, KernelSetting } from "../firewall.ts";
import { HAL_LIMITS } from "../limits.ts";
import { integer, list, object } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needFirewall } from "./need.ts";

/** Loads the staged ruleset as a whole; hald undoes it by itself unless it is confirmed in time. */
export const nftApply = defineVerb({
  name: "nft.apply",
  permission: "act",
  args: object({
    digest: Digest,
    settings: list(KernelSetting, HAL_LIMITS.kernelSettings),
    confirmSeconds: integer(5, 3_600),
  }),
  answer: FirewallState,
  run: ({ digest, settings, confirmSeconds }, box) => needFirewall(box).apply({ digest, settings, confirmSeconds }),
});
