import { integer, object } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needWatchdog } from "./need.ts";

/** Says that the gateway lives; without it the chip restarts the box after `timeoutSeconds`. */
export const watchdogPet = defineVerb({
  name: "watchdog.pet",
  permission: "act",
  args: object({}),
  answer: object({ timeoutSeconds: integer(1, 3600) }),
  run: (_, box) => {
    const watchdog = needWatchdog(box);
    watchdog.pet();
    return Promise.resolve({ timeoutSeconds: watchdog.timeoutSeconds });
  },
});
