import { KEY_STORE_KINDS } from "../key_store.ts";
import { object, oneOf, text } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needKeyStore } from "./need.ts";

/** What protects the root key, in words for `check`, `status` and the auditor. */
export const keystoreDescribe = defineVerb({
  name: "keystore.describe",
  permission: "read",
  args: object({}),
  answer: object({
    kind: oneOf(KEY_STORE_KINDS),
    protectedBy: text({ max: 300 }),
    note: text({ max: 300 }),
  }),
  run: (_, box) => Promise.resolve(needKeyStore(box).describe()),
});
