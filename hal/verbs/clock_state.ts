import { ClockState } from "../clock_source.ts";
import { object } from "../schema.ts";
import { defineVerb } from "../verb.ts";

/** Whether the clock of the box is synchronised, how far off it may be and whether a leap second is due. */
export const clockState = defineVerb({
  name: "clock.state",
  permission: "read",
  args: object({}),
  answer: ClockState,
  run: (_, box) => Promise.resolve(box.clock.state()),
});
