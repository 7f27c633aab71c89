import { object } from "../schema.ts";
import { TimeReport } from "../time_service.ts";
import { defineVerb } from "../verb.ts";
import { needTime } from "./need.ts";

/** How chrony does: its clock, its servers, whether they are proven. */
export const timeReport = defineVerb({
  name: "time.report",
  permission: "read",
  args: object({}),
  answer: TimeReport,
  run: (_, box) => needTime(box).report(),
});
