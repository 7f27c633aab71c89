import { Buffer } from "node:buffer";
import { formatTable } from "../../../core/format_table.ts";
import type { DeviceOperations, OperationFailed, OperationResult } from "../../../core/device_operations_api.ts";
import { GatewayError } from "../../../core/errors.ts";
import { DEVICE_ROLES, type DeviceRole } from "../../../../policies/access_types.ts";
import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../../contract.ts";
import type { DeviceJobs } from "./jobs.ts";
import type { DownloadBook } from "./download_book.ts";
import { readImportFile } from "./import_file.ts";
import { OPERATION_LIMITS } from "./limits.ts";

/** What the commands work with. */
export interface CommandParts {
  readonly audit: ControlContext["audit"];
  readonly operations: DeviceOperations;
  readonly downloads: DownloadBook;
  /** Why a station must not restart now. */
  readonly whyNotNow: (station: string) => string | undefined;
  /** The vault has the secret of this role, and would have the wrong one after a change behind its back. */
  readonly isVaulted: (station: string, role: DeviceRole) => Promise<boolean>;
  /** Work that goes on when the answer is given (`later`). */
  readonly jobs: DeviceJobs;
  /** Length of an image of the vault. */
  readonly imageBytes: (sha256: string) => number | undefined;
}

/** The commands `device ...`. */
export function operationCommands(parts: CommandParts): Readonly<Record<string, CommandHandler>> {
  const { operations, downloads } = parts;
  const station = (args: CommandArgs) => String(args["station"] ?? "");
  return {
    "device capabilities": (args) => Promise.resolve(capabilities(operations, station(args))),
    "device check": (args, who) => check(operations, station(args), args["again"] === true, who),
    "device download": (args, who) => {
      const what = needText(args, "what");
      return begun(parts, args, { station: station(args), what, who }, () => download(operations, args, who));
    },
    "device file": (args, who) => piece(parts, args, who),
    "device files": () => Promise.resolve(files(downloads)),
    "device firmware": async (args, who) => {
      const sha256 = needText(args, "image"), ofBytes = parts.imageBytes(sha256);
      requireIdle(parts, args);
      const job = { station: station(args), what: "firmware", who, ...ofBytes === undefined ? {} : { ofBytes } };
      return await begun(parts, args, job, async (onProgress) => {
        done(station(args), await operations.uploadFirmware({ station: station(args), who, sha256, onProgress }));
        return { text: `${station(args)} has taken the image.`, data: { station: station(args), image: sha256 } };
      });
    },
    "device import": (args, who) =>
      begun(parts, args, { station: station(args), what: "write", who }, () => importFile(operations, args, who)),
    "device jobs": (args) => Promise.resolve(listJobs(parts.jobs, args)),
    "device prove": async (args, who) => {
      const role = needRole(args), result = await operations.proveLogin({ station: station(args), who, role });
      const { mustChange } = done(station(args), result);
      const text = mustChange ? "is right, and the controller asks for another one first" : "is right";
      return { text: `The site's password of the ${role} at ${station(args)} ${text}.`, data: { role } };
    },
    "device password": (args, who) => setPassword(parts, args, who),
    "device reboot": async (args, who) => {
      requireIdle(parts, args);
      done(station(args), await operations.reboot({ station: station(args), who }));
      return { text: `${station(args)} restarts.`, data: { station: station(args) } };
    },
    "device settings": async (args, who) => {
      const keys = args["keys"] === undefined ? {} : { keys: String(args["keys"]).split(",") };
      const { settings } = done(station(args), await operations.readSettings({ station: station(args), who, ...keys }));
      const text = settings.length === 0 ? "None of them is there." : formatTable(["setting", "value"], settings);
      return { text, data: { settings: Object.fromEntries(settings) } };
    },
    "device version": async (args, who) => {
      const { version } = done(station(args), await operations.readVersion({ station: station(args), who }));
      return { text: `${station(args)} says that it runs ${version}.`, data: { station: station(args), version } };
    },
  };
}

/** Done now, or with `later` begun now: the answer then names what to look for in `device jobs`. */
async function begun(
  { jobs }: CommandParts,
  args: CommandArgs,
  job: Parameters<DeviceJobs["start"]>[0],
  work: (onProgress: (bytes: number) => void) => Promise<CommandResult>,
): Promise<CommandResult> {
  if (args["later"] !== true) return await work(() => {});
  const { id, station } = jobs.start(job, async (onProgress) => (await work(onProgress)).text);
  return { text: `It has begun at ${station}: \`device jobs\` shows how far it is.`, data: { station, job: id } };
}

function listJobs(jobs: DeviceJobs, args: CommandArgs): CommandResult {
  const all = jobs.all(typeof args["of"] === "string" ? args["of"] : undefined).map(({ at, endedAt, ...job }) => ({
    ...job,
    at: new Date(at).toISOString(),
    ...endedAt === undefined ? {} : { endedAt: new Date(endedAt).toISOString() },
  }));
  const rows = all.map(({ station, what, who, at, state, bytes, ofBytes, text }) => [
    ...[station, what, state, ofBytes ? `${Math.floor(100 * (bytes ?? 0) / ofBytes)} %` : "", at, who, text],
  ]);
  const head = ["station", "work", "state", "", "since", "by", ""];
  return { text: all.length === 0 ? "Nothing was begun." : formatTable(head, rows), data: { jobs: all } };
}

/** @throws GatewayError DEVICE_OPERATION_FAILED with the failure's own words and what to do */
function done<T>(station: string, result: OperationResult<T>): { readonly ok: true } & T {
  if (result.ok) return result;
  throw failure(station, result);
}

const HINTS: Partial<Readonly<Record<OperationFailed["failure"], string>>> = {
  away: "`why STATION` looks at link, lease and address",
  busy: "Ask who has it, or wait; `session list` shows who works on pages",
  "must-change": "Rotate the secret: the driver gives the controller another one",
  "no-account": "Add an account of that role under `ui.accounts` of the station",
  pin: "`station pin show STATION`, compare on site, `station pin approve`",
  refused: "Enter the right password for the site; one more try is made, then a person has to act",
  spent: "Look at the device, then `station login-retry STATION`",
  unknown: "Look at the device, or ask again: it may have been carried out",
};

function failure(station: string, { failure, why, rule, step }: OperationFailed): GatewayError {
  const text = `${station}: ${failure}: ${why}${rule === undefined ? "" : ` (rule ${rule})`}`;
  const hint = step?.en ?? HINTS[failure];
  return new GatewayError("DEVICE_OPERATION_FAILED", text, hint === undefined ? {} : { hint });
}

function needText(args: CommandArgs, name: string): string {
  const text = args[name];
  if (typeof text === "string" && text !== "") return text;
  throw new GatewayError("CLI_USAGE", `--${name} is missing`, { hint: "See `help device`" });
}

/** A restart ends a charge, and two updates at once may end a controller. @throws GatewayError DEVICE_OPERATION_FAILED */
function requireIdle({ whyNotNow }: CommandParts, args: CommandArgs): void {
  const station = String(args["station"] ?? ""), why = args["force"] === true ? undefined : whyNotNow(station);
  if (why === undefined) return;
  throw new GatewayError("DEVICE_OPERATION_FAILED", `${station}: busy: ${why}`, {
    hint: "Wait for it, or pass --force when you know better",
  });
}

/** Both passwords come as files; the site's own files are the person's to change afterwards. */
async function setPassword(
  { operations, isVaulted }: CommandParts,
  args: CommandArgs,
  who: string,
): Promise<CommandResult> {
  const station = String(args["station"] ?? ""), role = needRole(args);
  if (await isVaulted(station, role)) {
    throw new GatewayError("DEVICE_OPERATION_FAILED", `${station}: rule: the vault has the secret of the ${role}`, {
      hint: `Have it changed there, so that the vault knows the new one: \`secret rotate ${station} ${role}\``,
    });
  }
  const [old, next] = [needText(args, "old"), needText(args, "new")].map((text) => text.replace(/\r?\n$/, ""));
  done(station, await operations.setPassword({ station, who, role, old: { password: old! }, next: next! }));
  return {
    text: `${station} has the new password of the ${role}, proven by a login. ` +
      "Put it where `ui.accounts` of the station says, then `reload`.",
    data: { station, role },
  };
}

function needRole(args: CommandArgs): DeviceRole {
  const text = needText(args, "role"), role = DEVICE_ROLES.find((one) => one === text);
  if (role) return role;
  throw new GatewayError("CLI_USAGE", `--role "${text.slice(0, 64)}" is none of ${DEVICE_ROLES.join(", ")}`);
}

function capabilities(operations: DeviceOperations, station: string): CommandResult {
  const known = operations.capabilities(station), { driver, can, passwords, prove, steps } = known;
  const lines = [
    `${station}, driver ${driver}`,
    `  by itself: ${[...prove ? ["prove"] : [], ...can].join(", ") || "nothing"}`,
    ...passwords.length > 0 ? [`  sets the passwords of: ${passwords.join(", ")}`] : [],
    ...Object.entries(steps).map(([operation, step]) => `  ${operation}: ${step?.en}`),
  ];
  return { text: lines.join("\n"), data: JSON.parse(JSON.stringify({ station, ...known })) };
}

async function check(
  operations: DeviceOperations,
  station: string,
  again: boolean,
  who: string,
): Promise<CommandResult> {
  const verdicts = await operations.defaultCredentials({ station, who, again });
  const isOpen = verdicts.some(({ verdict }) => verdict === "default");
  const rows = verdicts.map(({ role, name, verdict, why = "" }) => [role, name, verdict, why]);
  const text = verdicts.length === 0
    ? `No password of the factory is documented for the controller of ${station}; a person has to see to it (EV-01).`
    : formatTable(["role", "account", "password of the factory", ""], rows);
  return { text, data: { station, verdicts: JSON.parse(JSON.stringify(verdicts)) }, ok: !isOpen };
}

async function download(operations: DeviceOperations, args: CommandArgs, who: string): Promise<CommandResult> {
  const station = String(args["station"] ?? ""), what = needText(args, "what");
  if (what !== "logs" && what !== "configuration") {
    throw new GatewayError("CLI_USAGE", `--what "${what.slice(0, 64)}" is neither logs nor configuration`);
  }
  const { id, download } = done(station, await operations.download({ station, who, what }));
  const { fileName, bytes, sha256 } = download;
  return {
    text: `${fileName}, ${bytes} bytes, is kept sealed as ${id}; \`device file ${id} --file F\` takes it out.`,
    data: { id, station, what, fileName, bytes, sha256 },
  };
}

function files(downloads: DownloadBook): CommandResult {
  const all = downloads.all().map(({ id, station, what, fileName, bytes, who, at }) => ({
    ...{ id, station, what, fileName, bytes, who },
    at: new Date(at).toISOString(),
  }));
  const rows = all.map(({ id, station, what, fileName, bytes, at, who }) => [
    ...[id, station, what, fileName, String(bytes), at, who],
  ]);
  const head = ["file", "station", "what", "name", "bytes", "at", "asked by"];
  return {
    text: all.length === 0 ? "No file of a controller is kept." : formatTable(head, rows),
    data: { files: all },
  };
}

/** One piece of a file as base64, from a byte on; taking the first is audited. */
async function piece({ audit, downloads }: CommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const id = String(args["id"] ?? ""), from = Number(args["from"] ?? 0);
  const { station, what, fileName, bytes } = downloads.need(id);
  if (!Number.isSafeInteger(from) || from < 0 || from > bytes) {
    throw new GatewayError("CLI_USAGE", `--from is a number from 0 to ${bytes}`);
  }
  if (from === 0) {
    await audit.record({
      ...{ event: "device.file.read", class: "security", who, target: station, outcome: "ok" },
      detail: { file: id, what },
    });
  }
  const taken = await take(downloads.read(id), from, OPERATION_LIMITS.pieceBytes);
  return {
    text: `${fileName}, bytes ${from} to ${from + taken.length} of ${bytes}; --file F takes it out whole.`,
    data: { id, station, fileName, bytes, from, piece: Buffer.from(taken).toString("base64") },
  };
}

async function take(parts: AsyncIterable<Uint8Array>, from: number, most: number): Promise<Uint8Array> {
  const found: Uint8Array[] = [];
  let at = 0, size = 0;
  for await (const part of parts) {
    const own = part.subarray(Math.max(0, from - at), Math.max(0, from + most - at));
    at += part.length;
    size += own.length;
    if (own.length > 0) found.push(own);
    if (at >= from + most) break;
  }
  return new Uint8Array(Buffer.concat(found, size));
}

async function importFile(operations: DeviceOperations, args: CommandArgs, who: string): Promise<CommandResult> {
  const station = String(args["station"] ?? ""), settings = readImportFile(needText(args, "file"));
  const role = args["role"] === undefined ? {} : { role: needRole(args) };
  const { applied, differs } = done(station, await operations.writeSettings({ station, who, settings, ...role }));
  const text = [
    `${applied.length} of ${settings.length} settings of ${station} are as in the file.`,
    ...differs.length > 0 ? [`Not as in the file, although written: ${differs.join(", ")}`] : [],
  ];
  return {
    text: text.join("\n"),
    data: { station, applied: [...applied], differs: [...differs] },
    ok: differs.length === 0,
  };
}
