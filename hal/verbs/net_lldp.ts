import { LldpNeighbours } from "../lldp.ts";
import { object } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needLldp } from "./need.ts";

/** Who stands at the other end of the box's cables, by its own word (LLDP). */
export const netLldp = defineVerb({
  name: "net.lldp",
  permission: "read",
  args: object({}),
  answer: object({ neighbours: LldpNeighbours }),
  run: (_, box) => Promise.resolve({ neighbours: needLldp(box).neighbours() }),
});
