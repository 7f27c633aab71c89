import { HAL_LIMITS } from "../limits.ts";
import { integer, object, text } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needFirewall } from "./need.ts";

/** Takes one part of a ruleset, in order; a frame is smaller than a large site's rules. Nothing is loaded. */
export const nftStage = defineVerb({
  name: "nft.stage",
  permission: "act",
  args: object({
    offset: integer(0, HAL_LIMITS.rulesetBytes),
    text: text({ min: 1, max: HAL_LIMITS.rulesetPartBytes }),
  }),
  answer: object({}),
  run: ({ offset, text }, box) => {
    needFirewall(box).stage({ offset, text });
    return Promise.resolve({});
  },
});
