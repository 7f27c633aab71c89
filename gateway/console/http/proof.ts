import type { Json } from "../../core/control_api.ts";
import type { PersonArgs } from "../person.ts";
import type { PostedForm } from "./form_input.ts";

/** Fields that bring a fresh proof along with a dangerous act. */
export const PROOF_FIELDS = {
  password: "_proof-password",
  totp: "_proof-code",
  ceremony: "ceremony",
  response: "response",
} as const;

/** The fresh proof that a form brings along; undefined when it brings none. */
export function proofOf(form: PostedForm): PersonArgs<"people.step-up"> | undefined {
  const [password, totp] = [textOf(form, PROOF_FIELDS.password), textOf(form, PROOF_FIELDS.totp)];
  const [ceremony, response] = [textOf(form, PROOF_FIELDS.ceremony), readJson(textOf(form, PROOF_FIELDS.response))];
  if (ceremony !== undefined && response !== undefined) return { passkey: { ceremony, response } };
  if (totp !== undefined) return { totp: totp.replaceAll(" ", "") };
  return password === undefined ? undefined : { password };
}

/** One text of a form; undefined when it is absent or empty. */
export function textOf(form: PostedForm, name: string): string | undefined {
  const text = form[name]?.at(-1);
  return text === "" ? undefined : text;
}

/** JSON of a form field; undefined when it is none. */
export function readJson(text: string | undefined): Json | undefined {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined; // a broken answer is no answer; control refuses what lacks one
  }
}
