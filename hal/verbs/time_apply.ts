import { flag, object } from "../schema.ts";
import { TimeSettings } from "../time_service.ts";
import { defineVerb } from "../verb.ts";
import { needTime } from "./need.ts";

/** Tells chrony which servers to follow and whom to serve; it is restarted when that is something else than before. */
export const timeApply = defineVerb({
  name: "time.apply",
  permission: "act",
  args: TimeSettings,
  answer: object({ isChanged: flag }),
  run: async (settings, box) => ({ isChanged: await needTime(box).apply(settings) }),
});
