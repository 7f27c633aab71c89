import { HAL_LIMITS } from "../limits.ts";
import { list, object } from "../schema.ts";
import { TamperState } from "../tamper_inputs.ts";
import { defineVerb } from "../verb.ts";
import { needTamperInputs } from "./need.ts";

/** Lid switches and other tamper inputs: open now, and how often opened since hald's start. */
export const gpioTamper = defineVerb({
  name: "gpio.tamper",
  permission: "read",
  args: object({}),
  answer: object({ inputs: list(TamperState, HAL_LIMITS.tamperInputs) }),
  run: (_, box) => Promise.resolve({ inputs: needTamperInputs(box).states() }),
});
