import { z } from "zod";
import { operation } from "./operation.ts";

const Factors = z.object({
  factors: z.array(
    z.object({ id: z.string(), kind: z.enum(["passkey", "totp"]), label: z.string(), since: z.number() }),
  ),
  recoveryCodes: z.number(),
});
/** The own second factors. */
export type Factors = z.infer<typeof Factors>;

/** The own second factors. */
export const listFactors = operation({
  id: "listOwnFactors",
  method: "get",
  path: "/account/factors",
  tag: "account",
  summary: "The own second factors and how many recovery codes are left",
  needs: "people.factor.list",
  input: z.object({}),
  output: Factors,
  call: async (person) => Factors.parse(await person.ask("people.factor.list", {})),
});

/** Removes an own second factor. */
export const removeFactor = operation({
  id: "removeOwnFactor",
  method: "delete",
  path: "/account/factors/{id}",
  tag: "account",
  summary: "Removes an own second factor",
  needs: "people.factor.remove",
  input: z.object({ id: z.string().max(128) }),
  output: z.object({ removed: z.string() }),
  call: async (person, { id }) => {
    await person.ask("people.factor.remove", { id });
    return { removed: id };
  },
});

/** New recovery codes. */
export const renewRecovery = operation({
  id: "renewRecoveryCodes",
  method: "post",
  path: "/account/recovery-codes",
  tag: "account",
  summary: "New recovery codes, shown once; the old ones end",
  needs: "people.recovery.renew",
  input: z.object({ own: z.string().min(8).max(100).optional().describe("One of your own beside them") }),
  output: z.object({ codes: z.array(z.string()) }),
  call: async (person, { own }) => {
    const { codes } = await person.ask("people.recovery.renew", own === undefined ? {} : { own });
    return { codes: [...codes] };
  },
});

/** A new sealed password of the break-glass account. */
export const renewBreakGlass = operation({
  id: "renewBreakGlass",
  method: "post",
  path: "/break-glass",
  tag: "people",
  summary: "A new sealed password of the break-glass account, shown once",
  needs: "people.break-glass.renew",
  input: z.object({}),
  output: z.object({ password: z.string() }),
  call: async (person) => await person.ask("people.break-glass.renew", {}),
});
