import { readDeviceForm } from "../../config/device_form.ts";
import type { PageRow } from "../../../policies/device_page.ts";
import type { DeviceRole } from "../../../policies/access_types.ts";
import { type FormOperations, formOperations } from "./form_macro_operations.ts";
import { actionOf, findForm, type HtmlForm } from "./html_form.ts";
import type { DeviceAccount, DeviceResponse, Driver, LoginOutcome } from "./driver.ts";

/** A login form in words of data, so that a site adds a device without code (docs: controller pages). */
export interface FormMacro extends FormOperations {
  readonly id: string;
  readonly title: string;
  /** Where the form is; its hidden fields are sent back as they came, since they hold tokens. */
  readonly formPath: string;
  /** Where it goes; absent: what its `action` says. */
  readonly postPath?: string;
  readonly nameField: string;
  readonly passwordField: string;
  /** Further fields with fixed values. */
  readonly fields?: Readonly<Record<string, string>>;
  /** What tells that the login worked; all that is given must hold. */
  readonly success: {
    readonly status?: readonly number[];
    /** A cookie of this name is set. */
    readonly cookie?: string;
    /** The answer leads to a path that begins so. */
    readonly location?: string;
  };
  /** The answer to a request after the device ended the login leads to a path that begins so. */
  readonly loggedOutLocation?: string;
  readonly accounts: Partial<Readonly<Record<DeviceRole, string>>>;
  readonly pages?: readonly PageRow[];
}

/** A driver that fills in a form as a person would. */
export function formMacroDriver(macro: FormMacro): Driver {
  return {
    id: macro.id,
    title: macro.title,
    evidence: "assumed",
    pages: { rows: macro.pages ?? [{ id: "read", path: "/**" }] },
    patches: [],
    accounts: macro.accounts,
    *login(account) {
      const page = yield { method: "GET", target: macro.formPath };
      const form = page.status === 200 ? findForm(page.body, macro.passwordField) : undefined;
      if (!form) return { outcome: "strange", why: `${macro.formPath} has no form with ${macro.passwordField}` };
      const target = macro.postPath ?? actionOf(form, macro.formPath);
      if (target === undefined) return { outcome: "strange", why: "the form leads to another host" };
      const answer = yield {
        method: "POST",
        target,
        headers: [["content-type", "application/x-www-form-urlencoded"]],
        body: filledIn(form, macro, account),
      };
      return outcomeOf(answer, macro);
    },
    operations: formOperations(macro, macro.accounts),
    isLoggedOut: ({ status, headers }) =>
      status === 401 ||
      (macro.loggedOutLocation !== undefined && leadsTo({ status, headers }, macro.loggedOutLocation)),
  };
}

function filledIn(form: HtmlForm, macro: FormMacro, account: DeviceAccount): string {
  const body = new URLSearchParams(form.hidden.map(([name, value]) => [name, value]));
  for (const [name, value] of Object.entries(macro.fields ?? {})) body.set(name, value);
  body.set(macro.nameField, account.name);
  body.set(macro.passwordField, account.password);
  return body.toString();
}

function outcomeOf(answer: DeviceResponse, { success }: FormMacro): LoginOutcome {
  if (answer.status >= 500) return { outcome: "strange", why: `the form was answered with ${answer.status}` };
  const cookies = answer.headers.get("set-cookie") ?? [];
  const holds = (success.status?.includes(answer.status) ?? true) &&
    (success.cookie === undefined || cookies.some((cookie) => cookie.startsWith(`${success.cookie}=`))) &&
    (success.location === undefined || leadsTo(answer, success.location));
  return holds ? { outcome: "in", session: { headers: [] } } : { outcome: "refused" };
}

function leadsTo({ status, headers }: Pick<DeviceResponse, "status" | "headers">, path: string): boolean {
  const to = status >= 300 && status < 400 ? headers.get("location")?.[0] : undefined;
  return to !== undefined && URL.parse(to, "http://device.invalid")?.pathname.startsWith(path) === true;
}

/** The driver that a site's form file describes (`ui.formFile`). @throws ConfigError CFG_INVALID */
export function formDriverOf(form: string): Driver {
  return formMacroDriver({ id: "form", ...JSON.parse(JSON.stringify(readDeviceForm(form))) } as FormMacro);
}
