import { DEVICE_ROLES, type DeviceRole } from "../../../policies/access_types.ts";
import type { DeviceForm } from "../../config/device_form.ts";
import type { DeviceSetting } from "../../core/device_operations_api.ts";
import type { Conversation, DeviceResponse, DeviceSession } from "./driver.ts";
import { actionOf, fieldsOf, findForm } from "./html_form.ts";
import {
  type ChangeOutcome,
  type Download,
  type DriverOperations,
  type ReadOutcome,
  versionOf,
  type VersionOutcome,
} from "./operations.ts";

/** What a site's form file says of what its controller can do (docs/device-operations.md). */
export type FormOperations = Pick<
  DeviceForm,
  "configuration" | "firmware" | "logs" | "password" | "reboot" | "settings" | "version"
>;

/** Operations by the words of a form file, carried out as a person would on the page. */
export function formOperations(macro: FormOperations, accounts: Partial<Record<DeviceRole, string>>): DriverOperations {
  const { password, settings, logs, configuration, firmware, reboot, version } = macro;
  const least = DEVICE_ROLES.find((role) => accounts[role] !== undefined) ?? "operator";
  return {
    ...password ? { password: passwordOf(password, Object.keys(accounts) as DeviceRole[]) } : {},
    ...settings
      ? {
        read: { role: least, settings: (session: DeviceSession) => readForm(settings.path, session) },
        write: {
          role: settings.role ?? least,
          settings: (session: DeviceSession, values: readonly DeviceSetting[]) => writeForm(settings, session, values),
        },
      }
      : {},
    ...logs ? { logs: downloadOf(logs, least, "logs") } : {},
    ...configuration ? { configuration: downloadOf(configuration, least, "configuration") } : {},
    ...firmware
      ? {
        firmware: {
          role: firmware.role ?? least,
          target: firmware.path,
          ...firmware.field === undefined ? {} : { field: firmware.field },
          ...firmware.fields ? { fields: firmware.fields } : {},
          taken: (answer: DeviceResponse) => judge(answer, firmware.success, `POST ${firmware.path}`),
        },
      }
      : {},
    ...version
      ? { version: { role: version.role ?? least, read: (session: DeviceSession) => readShown(version, session) } }
      : {},
    ...reboot
      ? {
        reboot: {
          role: reboot.role ?? least,
          *now({ headers }: DeviceSession): Conversation<ChangeOutcome> {
            const type = ["content-type", FORM] as const;
            const body = new URLSearchParams(reboot.fields ?? {}).toString();
            const answer = yield { method: "POST", target: reboot.path, headers: [...headers, type], body };
            return judge(answer, reboot.success, `POST ${reboot.path}`);
          },
        },
      }
      : {},
  };
}

/** Characters after its name in which a version is looked for. */
const NEAR_CHARS = 400;
const FORM = "application/x-www-form-urlencoded";

type Success = NonNullable<FormOperations["password"]>["success"];

/** Whether an answer is the one by which this controller says yes; every other one says no. */
function judge({ status, headers, body }: DeviceResponse, success: Success, what: string): ChangeOutcome {
  if (status >= 500) return { outcome: "strange", why: `${what} answered ${status}` };
  const to = status >= 300 && status < 400 ? headers.get("location")?.[0] : undefined;
  const path = to === undefined ? undefined : URL.parse(to, "http://device.invalid")?.pathname;
  const holds = (success.status?.includes(status) ?? true) &&
    (success.location === undefined || path?.startsWith(success.location) === true) &&
    (success.text === undefined || body.includes(success.text));
  return holds
    ? { outcome: "done" }
    : { outcome: "rejected", why: `${what} answered ${status} otherwise than it says yes` };
}

function passwordOf(
  macro: NonNullable<FormOperations["password"]>,
  roles: readonly DeviceRole[],
): NonNullable<DriverOperations["password"]> {
  return {
    roles: roles.filter((role) => macro.roles?.includes(role) ?? true),
    *set({ session: { headers }, account: { name, password }, next }) {
      const page = yield { method: "GET", target: macro.formPath, headers };
      const form = page.status === 200 ? findForm(page.body, macro.newField) : undefined;
      const target = form && (macro.postPath ?? actionOf(form, macro.formPath));
      // Nothing was asked that could change anything.
      if (!form || target === undefined) {
        return { outcome: "rejected", why: `${macro.formPath} has no form of its own with ${macro.newField}` };
      }
      const body = new URLSearchParams(form.hidden.map(([field, value]) => [field, value]));
      for (const [field, value] of Object.entries(macro.fields ?? {})) body.set(field, value);
      if (macro.nameField !== undefined) body.set(macro.nameField, name);
      if (macro.oldField !== undefined) body.set(macro.oldField, password);
      body.set(macro.newField, next);
      if (macro.repeatField !== undefined) body.set(macro.repeatField, next);
      const type = ["content-type", FORM] as const;
      const answer = yield { method: "POST", target, headers: [...headers, type], body: body.toString() };
      return judge(answer, macro.success, `POST ${target}`);
    },
  };
}

function downloadOf(
  { path, fileName, role }: NonNullable<FormOperations["logs"]>,
  least: DeviceRole,
  what: string,
): Download {
  return {
    role: role ?? least,
    fileName: fileName ?? what,
    request: ({ headers }) => ({ method: "GET", target: path, headers }),
    // A login page in the place of the file is HTML.
    isFile: ({ status, headers }) => status === 200 && !/^text\/html/i.test(headers.get("content-type")?.[0] ?? ""),
  };
}

/** The first word that looks like a version after a text of the page, as a person would read it there. */
function* readShown(
  { path, after }: NonNullable<FormOperations["version"]>,
  { headers }: DeviceSession,
): Conversation<VersionOutcome> {
  const answer = yield { method: "GET", target: path, headers };
  const at = answer.body.indexOf(after);
  const text = at < 0
    ? ""
    : answer.body.slice(at + after.length, at + after.length + NEAR_CHARS).replace(/<[^>]*>/g, " ");
  return versionOf(answer, /[\w.+-]*\d[\w.+-]*/.exec(text)?.[0], `GET ${path}`);
}

function* readForm(path: string, { headers }: DeviceSession): Conversation<ReadOutcome> {
  const { status, body } = yield { method: "GET", target: path, headers };
  const settings = status === 200 ? fieldsOf(body) : [];
  return settings.length > 0
    ? { outcome: "read", settings }
    : { outcome: "strange", why: `GET ${path} answered ${status} without a field` };
}

/** Sends the whole form with these fields changed, as a browser would: hidden ones hold tokens. */
function* writeForm(
  { path, postPath, success }: NonNullable<FormOperations["settings"]>,
  { headers }: DeviceSession,
  values: readonly DeviceSetting[],
): Conversation<ChangeOutcome> {
  const page = yield { method: "GET", target: path, headers };
  const form = page.status === 200 ? findForm(page.body, values[0]![0]) : undefined;
  const target = form && (postPath ?? actionOf(form, path));
  if (!form || target === undefined) {
    return { outcome: "rejected", why: `${path} has no form of its own with ${values[0]![0]}` };
  }
  const has = fieldsOf(page.body);
  const odd = values.find(([key]) => !has.some(([name]) => name === key));
  if (odd) return { outcome: "rejected", why: `${path} has no field ${odd[0]}` };
  const body = new URLSearchParams([...form.hidden, ...has].map(([name, value]) => [name, value]));
  for (const [key, value] of values) body.set(key, value);
  const type = ["content-type", FORM] as const;
  const answer = yield { method: "POST", target, headers: [...headers, type], body: body.toString() };
  return judge(answer, success, `POST ${target}`);
}
