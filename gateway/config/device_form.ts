import { parse } from "yaml";
import { z } from "zod";
import { CAPABILITIES, DEVICE_ROLES } from "../../policies/access_types.ts";
import { ConfigError } from "../core/errors.ts";
import { CONFIG_LIMITS } from "./limits.ts";

const Path = z.string().max(256).regex(/^\/[\x21-\x7e]*$/, { error: "a path that begins with /" });
const Field = z.string().min(1).max(64);
const METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"] as const;

const Page = z.strictObject({
  id: z.string().min(1).max(64),
  path: Path,
  methods: z.array(z.enum(METHODS)).min(1).optional(),
  where: z.record(Field, z.string().max(256)).optional(),
  capability: z.enum(CAPABILITIES.filter((each) => each !== "tunnel")).optional(),
  role: z.enum(DEVICE_ROLES).optional(),
  legacy: z.literal(true).optional(),
  socket: z.literal("live").optional(),
  driverOnly: z.literal(true).optional(),
});

/** By what the controller says yes to what it was asked; all that is given must hold. */
const Yes = z.strictObject({
  status: z.array(z.int().min(100).max(599)).min(1).max(8).optional(),
  location: Path.optional(),
  text: z.string().min(1).max(256).optional(),
}).refine((given) => Object.keys(given).length > 0, { error: "at least one of status, location, text" });
const Fields = z.record(Field, z.string().max(256));
const Role = z.enum(DEVICE_ROLES);
const File = z.strictObject({
  path: Path,
  fileName: z.string().regex(/^[\w][\w.-]{0,99}$/, { error: "letters, digits, dots, hyphens" }).optional(),
  role: Role.optional(),
});

/** What the gateway can do at the controller by itself, in words of its pages. */
const OPERATIONS = {
  password: z.strictObject({
    formPath: Path,
    postPath: Path.optional(),
    nameField: Field.optional(),
    oldField: Field.optional(),
    newField: Field,
    repeatField: Field.optional(),
    fields: Fields.optional(),
    roles: z.array(Role).min(1).optional(),
    success: Yes,
  }).optional(),
  settings: z.strictObject({ path: Path, postPath: Path.optional(), role: Role.optional(), success: Yes }).optional(),
  logs: File.optional(),
  configuration: File.optional(),
  firmware: z.strictObject({
    path: Path,
    field: z.string().regex(/^[\w.-]{1,64}$/, { error: "letters, digits, dots, hyphens" }).optional(),
    fields: z.record(z.string().regex(/^[\w.-]{1,64}$/), z.string().max(256).regex(/^[^\r\n]*$/)).optional(),
    role: Role.optional(),
    success: Yes,
  }).optional(),
  version: z.strictObject({ path: Path, after: z.string().min(1).max(80), role: Role.optional() }).optional(),
  reboot: z.strictObject({ path: Path, fields: Fields.optional(), role: Role.optional(), success: Yes }).optional(),
};

/** A login form of a device that the gateway does not know, as a YAML file of the site (`ui.formFile`). */
const DeviceFormFile = z.strictObject({
  title: z.string().min(1).max(80),
  formPath: Path,
  postPath: Path.optional(),
  nameField: Field,
  passwordField: Field,
  fields: z.record(Field, z.string().max(256)).optional(),
  success: z.strictObject({
    status: z.array(z.int().min(100).max(599)).min(1).max(8).optional(),
    cookie: Field.optional(),
    location: Path.optional(),
  }).refine((given) => Object.keys(given).length > 0, { error: "at least one of status, cookie, location" }),
  loggedOutLocation: Path.optional(),
  accounts: z.partialRecord(z.enum(DEVICE_ROLES), z.string().min(1).max(64)),
  pages: z.array(Page).max(CONFIG_LIMITS.formPages).optional(),
  ...OPERATIONS,
});

/** A form file's content. */
export type DeviceForm = z.infer<typeof DeviceFormFile>;

/** Reads a form file. @throws ConfigError CFG_INVALID */
export function readDeviceForm(text: string): DeviceForm {
  if (text.length > CONFIG_LIMITS.formFileChars) {
    throw invalid([`it has ${text.length} characters, at most ${CONFIG_LIMITS.formFileChars}`]);
  }
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw invalid([error instanceof Error ? error.message.split("\n")[0]! : "it is no YAML"]);
  }
  const result = DeviceFormFile.safeParse(value);
  if (!result.success) {
    throw invalid(result.error.issues.map(({ path, message }) => `${path.join(".") || "the file"}: ${message}`));
  }
  return result.data;
}

function invalid(faults: readonly string[]): ConfigError {
  return new ConfigError("CFG_INVALID", `The form file cannot be used: ${faults.join("; ")}`, {
    faults,
    hint: "examples/garage/forms/small-controller.yaml shows every key",
  });
}
