import { z } from "zod";
import { DEVICE_ROLES } from "../../../policies/access_types.ts";
import { DEVICE_OPERATIONS } from "../../core/device_operations_api.ts";
import { operation } from "./operation.ts";

const Station = z.string().min(1).max(48).describe("OCPP identity of the station");
const Because = z.string().max(200).optional().describe("What for, where another person has to approve it");
const Role = z.enum(DEVICE_ROLES);
const Operation = z.enum(DEVICE_OPERATIONS);
const Step = z.object({ en: z.string(), de: z.string() });
const Said = z.object({ text: z.string() });

/** What the driver of a controller can do, and the steps of a person for the rest. */
export const DeviceCapabilities = z.object({
  driver: z.string(),
  prove: z.boolean(),
  can: z.array(Operation),
  needs: z.partialRecord(Operation, Role).describe("The least role of an account that each needs"),
  passwords: z.array(Role).describe("Roles whose password the driver sets"),
  steps: z.partialRecord(Operation, Step),
});
/** What the driver of a controller can do. */
export type DeviceCapabilities = z.infer<typeof DeviceCapabilities>;

/** Work at a controller that was begun. */
export const DeviceJobRow = z.object({
  ...{ id: z.string(), station: z.string(), what: z.string(), who: z.string(), at: z.string(), text: z.string() },
  state: z.enum(["running", "done", "failed"]),
  ...{ bytes: z.number().optional(), ofBytes: z.number().optional(), endedAt: z.string().optional() },
});
/** Work at a controller that was begun. */
export type DeviceJobRow = z.infer<typeof DeviceJobRow>;

/** A file of a controller that is kept sealed. */
export const DeviceFileRow = z.object({
  ...{ id: z.string(), station: z.string(), what: z.string(), fileName: z.string(), bytes: z.number() },
  ...{ who: z.string(), at: z.string() },
});
/** A file of a controller that is kept sealed. */
export type DeviceFileRow = z.infer<typeof DeviceFileRow>;

/** What a driver can do. */
export const readDeviceCapabilities = operation({
  id: "readDeviceCapabilities",
  method: "get",
  path: "/stations/{station}/device",
  tag: "devices",
  summary: "Says what the driver of a station's controller does by itself, and the steps of a person for the rest",
  needs: "command device capabilities",
  input: z.object({ station: Station }),
  output: DeviceCapabilities,
  call: async (person, { station }) =>
    DeviceCapabilities.parse((await person.run("device capabilities", { station })).data),
});

/** Work that was begun at a controller. */
export const listDeviceJobs = operation({
  id: "listDeviceJobs",
  method: "get",
  path: "/stations/{station}/device/jobs",
  tag: "devices",
  summary: "Lists work that was begun at a station's controller, how far it is and how it ended",
  needs: "command device jobs",
  input: z.object({ station: Station }),
  output: z.array(DeviceJobRow),
  call: async (person, { station }) =>
    z.object({ jobs: z.array(DeviceJobRow) }).parse((await person.run("device jobs", { of: station })).data).jobs,
});

/** Files of all controllers. */
export const listDeviceFiles = operation({
  id: "listDeviceFiles",
  method: "get",
  path: "/device-files",
  tag: "devices",
  summary: "Lists files of controllers that are kept sealed",
  needs: "command device files",
  input: z.object({}),
  output: z.array(DeviceFileRow),
  call: async (person) =>
    z.object({ files: z.array(DeviceFileRow) }).parse((await person.run("device files")).data).files,
});

const FilePiece = z.object({ fileName: z.string(), bytes: z.number(), from: z.number(), piece: z.string() });

/** One piece of a file. */
export const readDeviceFile = operation({
  id: "readDeviceFile",
  method: "get",
  path: "/device-files/{id}",
  tag: "devices",
  summary: "A piece of a controller's file as base64, from a byte on; the first one is recorded as taking it out",
  needs: "command device file",
  input: z.object({ id: z.string().min(1).max(64), from: z.coerce.number().int().min(0).default(0) }),
  output: FilePiece,
  call: async (person, { id, from }) =>
    FilePiece.parse((await person.run("device file", { id, from: String(from) })).data),
});

/** Which version a controller says that it runs. */
export const readDeviceVersion = operation({
  id: "readDeviceVersion",
  method: "post",
  path: "/stations/{station}/device/version",
  tag: "devices",
  summary: "Asks a controller by its driver which version of its firmware it runs",
  needs: "command device version",
  input: z.object({ station: Station }),
  output: Said,
  call: async (person, { station }) => ({ text: (await person.run("device version", { station })).text }),
});

/** Whether the site's password of a role is right. */
export const proveDeviceAccount = operation({
  id: "proveDeviceAccount",
  method: "post",
  path: "/stations/{station}/device/prove",
  tag: "devices",
  summary: "Logs in at a controller with the site's password of a role, and out again",
  needs: "command device prove",
  input: z.object({ station: Station, role: Role }),
  output: Said,
  call: async (person, { station, role }) => ({ text: (await person.run("device prove", { station, role })).text }),
});

/** Whether a password of the factory still works. */
export const checkDeviceDefaults = operation({
  id: "checkDeviceDefaults",
  method: "post",
  path: "/stations/{station}/device/check",
  tag: "devices",
  summary: "Says whether a documented password of the factory still works; each is tried at most once",
  needs: "command device check",
  input: z.object({ station: Station }),
  output: z.object({ text: z.string(), isOpen: z.boolean() }),
  call: async (person, { station }) => {
    const { text, ok } = await person.run("device check", { station });
    return { text, isOpen: ok === false };
  },
});

/** Settings of a controller. */
export const readDeviceSettings = operation({
  id: "readDeviceSettings",
  method: "post",
  path: "/stations/{station}/device/settings",
  tag: "devices",
  summary: "Reads the settings of a controller by its driver; values that are secrets are left out",
  needs: "command device settings",
  input: z.object({
    station: Station,
    keys: z.string().max(2_000).optional().describe("Only these, joined by commas"),
  }),
  output: z.object({ settings: z.record(z.string(), z.string()) }),
  call: async (person, { station, keys }) => {
    const args = { station, ...keys ? { keys } : {} };
    return z.object({ settings: z.record(z.string(), z.string()) }).parse(
      (await person.run("device settings", args, DEVICE_MS)).data,
    );
  },
});

/** Has a file of a controller. */
export const downloadFromDevice = begins({
  id: "downloadFromDevice",
  path: "/stations/{station}/device/download",
  summary: "Begins to fetch logs or the configuration of a controller, sealed on this box",
  command: "device download",
  more: { what: z.enum(["logs", "configuration"]) },
});

/** Brings firmware. */
export const bringDeviceFirmware = begins({
  id: "bringDeviceFirmware",
  path: "/stations/{station}/device/firmware",
  summary: "Begins to bring a verified image of the vault to a controller by its page",
  command: "device firmware",
  more: { image: z.string().min(6).max(64).describe("SHA-256 of the image") },
});

/** Writes settings. */
export const importDeviceSettings = begins({
  id: "importDeviceSettings",
  path: "/stations/{station}/device/import",
  summary: "Begins to write settings to a controller, judged as on its page, and to read them again",
  command: "device import",
  more: {
    file: z.string().min(1).max(200_000).describe("JSON as `device download` writes it, or lines of Key=value"),
    role: Role.optional(),
  },
});

/** Restarts a controller. */
export const rebootDevice = operation({
  id: "rebootDevice",
  method: "post",
  path: "/stations/{station}/device/reboot",
  tag: "devices",
  summary: "Restarts a controller by its page; not while it charges",
  needs: "command device reboot",
  input: z.object({ station: Station, because: Because }),
  output: Said,
  call: async (person, { station, because }) => {
    const args = { station, ...because ? { because } : {} };
    return { text: (await person.run("device reboot", args, DEVICE_MS)).text };
  },
});

/** Sets a password. */
export const setDevicePassword = operation({
  id: "setDevicePassword",
  method: "post",
  path: "/stations/{station}/device/password",
  tag: "devices",
  summary: "Sets the password of a role by the driver and proves it by a fresh login",
  needs: "command device password",
  input: z.object({
    station: Station,
    role: Role,
    old: z.string().min(1).max(200),
    new: z.string().min(1).max(200),
    because: Because,
  }),
  output: Said,
  call: async (person, { because, ...wish }) => {
    const args = { ...wish, ...because ? { because } : {} };
    return { text: (await person.run("device password", args, DEVICE_MS)).text };
  },
});

/** Milliseconds that a slow controller may take for a login and one thing to do. */
const DEVICE_MS = 180_000;

/** Work that goes on when the answer is given. */
function begins<Shape extends z.ZodRawShape>(
  { id, path, summary, command, more }: {
    readonly id: string;
    readonly path: string;
    readonly summary: string;
    readonly command: string;
    readonly more: Shape;
  },
) {
  return operation({
    ...{ id, method: "post" as const, path, tag: "devices", summary: `${summary}; listDeviceJobs says how far it is` },
    needs: `command ${command}`,
    input: z.object({ station: Station, because: Because, ...more }),
    output: Said,
    call: async (person, input) => {
      const given = Object.entries(input as Record<string, string | undefined>).filter(([, value]) => value);
      return { text: (await person.run(command, { ...Object.fromEntries(given), later: true })).text };
    },
  });
}
