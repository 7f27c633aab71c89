import { integer, object, record } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needFirewall } from "./need.ts";

/** Packets of every named counter of the firewall since its rules were loaded. */
export const nftCounters = defineVerb({
  name: "nft.counters",
  permission: "read",
  args: object({}),
  answer: object({ packets: record(/^[a-z0-9_]{1,40}$/, integer(0, Number.MAX_SAFE_INTEGER), 2_000) }),
  run: async (_, box) => ({ packets: await needFirewall(box).counters() }),
});
