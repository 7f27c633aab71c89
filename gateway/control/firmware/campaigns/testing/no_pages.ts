import type { ControllerPages } from "../parts.ts";

/** Controllers whose pages nobody can use. */
export const NO_PAGES: ControllerPages = {
  canUpload: () => false,
  canReadVersion: () => false,
  readVersion: () => Promise.resolve(undefined),
  upload: () => Promise.resolve({ ok: false, why: "there is no page" }),
  proveCredentials: () => Promise.resolve("unknown"),
  step: () => ({ en: "By hand.", de: "Von Hand." }),
};
