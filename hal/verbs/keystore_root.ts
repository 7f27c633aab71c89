import { ROOT_KEY_BYTES } from "../key_store.ts";
import { base64Bytes, object } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needKeyStore } from "./need.ts";

/** The root key of the site, made at first use. Only for the gateway: control derives every other key from it. */
export const keystoreRoot = defineVerb({
  name: "keystore.root",
  permission: "secret",
  args: object({}),
  answer: object({ key: base64Bytes(ROOT_KEY_BYTES, ROOT_KEY_BYTES) }),
  run: async (_, box) => {
    const key = await needKeyStore(box).loadRootKey();
    const answer = { key: key.toBase64() };
    key.fill(0);
    return answer;
  },
});
