import { MAC_FORM } from "../neighbours.ts";
import { object, optional, text } from "../schema.ts";
import { defineVerb } from "../verb.ts";

/** The MAC address of a direct neighbour, for stations without a credential (security profile 0). */
export const netNeighbour = defineVerb({
  name: "net.neighbour",
  permission: "read",
  // Letters, digits, dots and colons only: nothing that `ip` could take for an option.
  args: object({ address: text({ min: 2, max: 45, form: /^[0-9a-f]?[0-9a-f:.]+$/i }) }),
  answer: object({ mac: optional(text({ max: 17, form: MAC_FORM })) }),
  run: async ({ address }, box) => {
    const mac = await box.neighbours.macOf(address);
    return mac === undefined ? {} : { mac };
  },
});
