import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { secretBytes } from "../config/materials.ts";
import { ConfigError, GatewayError } from "../core/errors.ts";
import { RepositoryFolder } from "../firmware/publish/repository_folder.ts";
import { newRoot, nextRoot, type RootPlan, signRoot, stateOfRoot } from "../firmware/publish/root_file.ts";
import {
  makeRepositoryKey,
  type OpenKey,
  openRepositoryKey,
  readRepositoryKey,
} from "../firmware/publish/signing_key.ts";
import { vendorText } from "./firmware_claim_files.ts";

/** Days that a root and the rest hold when nothing else is said. */
const ROOT_DAYS = 365;
const PUBLISH_DAYS = 30;

type Handler = (args: CommandArgs, now: number) => Promise<CommandResult>;

/** The commands of whoever publishes firmware: they run offline, in the calling process, and need no gateway. */
export const FIRMWARE_PUBLISH: Readonly<Record<string, Handler>> = {
  "firmware repository add": async (args) => {
    const repository = await RepositoryFolder.open(text(args, "folder"));
    const counter = optional(args, "counter");
    const target = await repository.addImage(text(args, "file"), {
      vendor: text(args, "vendor"),
      model: optional(args, "model") ?? "",
      version: text(args, "version"),
      ...(counter === undefined ? {} : { releaseCounter: number(counter, "--counter") }),
      ...given("signature", await vendorText(optional(args, "signature"))),
      ...given("certificate", await vendorText(optional(args, "certificate"))),
      ...given("sbomFile", optional(args, "sbom")),
      ...given("notesFile", optional(args, "notes")),
    });
    return {
      text: `Added ${target}; it is offered from the next \`firmware repository publish\` on`,
      data: { target },
    };
  },
  "firmware repository bundle": async (args) => {
    const file = text(args, "file");
    const bytes = await (await RepositoryFolder.open(text(args, "folder"))).bundle(file);
    return { text: `Wrote ${file}, ${bytes} bytes`, data: { file, bytes } };
  },
  "firmware repository new": async (args) => {
    await RepositoryFolder.create(text(args, "folder"), await read(text(args, "root")));
    return { text: "Made the repository; name its vendors next: `firmware repository vendor`", data: {} };
  },
  "firmware repository publish": async (args, now) => {
    const repository = await RepositoryFolder.open(text(args, "folder"));
    const days = number(optional(args, "days") ?? String(PUBLISH_DAYS), "--days");
    const version = await repository.publish(await openKeys(args), days, now);
    return { text: `Published version ${version}; it holds for ${days} days`, data: { version, days } };
  },
  "firmware repository root": async (args) => {
    await (await RepositoryFolder.open(text(args, "folder"))).addRoot(await read(text(args, "root")));
    return { text: "The new root is part of the repository; publish it next", data: {} };
  },
  "firmware repository vendor": async (args) => {
    const [vendor, file] = [text(args, "vendor"), text(args, "key")];
    await (await RepositoryFolder.open(text(args, "folder"))).setVendor(
      vendor,
      readRepositoryKey(await read(file), file),
    );
    return { text: `${file} signs the images of ${vendor}, and nothing else`, data: { vendor } };
  },
  "firmware root key": async (args) => {
    const file = text(args, "file");
    const { pem, key } = makeRepositoryKey(await passphrase(args));
    await write(file, pem, 0o600);
    await write(`${file}.pub`, `${JSON.stringify(key)}\n`, 0o644);
    const sealed = args["passphrase"] === undefined ? "not sealed: keep the file offline" : "sealed by the passphrase";
    return { text: `Wrote ${file} (private, ${sealed}) and ${file}.pub`, data: { keyid: key.keyid } };
  },
  "firmware root new": async (args, now) => await made(args, newRoot(await planOf(args), now)),
  "firmware root rotate": async (args, now) =>
    await made(args, nextRoot(await read(text(args, "before")), await planOf(args), now)),
  "firmware root show": async (args) => await show(await read(text(args, "file")), args),
  "firmware root sign": async (args) => {
    const [file, keyFile] = [text(args, "file"), text(args, "key")];
    const before = optional(args, "before");
    const key = openRepositoryKey(await read(keyFile), keyFile, await passphrase(args));
    const signed = signRoot(await read(file), key, before === undefined ? undefined : await read(before));
    await Deno.writeTextFile(file, signed);
    return await show(signed, args);
  },
};

async function planOf(args: CommandArgs): Promise<RootPlan> {
  const preset = args["preset"] === "single-key" ? "single-key" : "two-of-three";
  if (args["preset"] !== undefined && args["preset"] !== preset) {
    throw new GatewayError("CLI_USAGE", `--preset is "${args["preset"]}": wanted two-of-three or single-key`);
  }
  const files = text(args, "keys").split(",").map((file) => file.trim());
  const keys = [];
  for (const file of files) keys.push(readRepositoryKey(await read(file), file));
  const publisher = optional(args, "publisher");
  if (publisher === undefined && preset === "two-of-three") {
    throw new GatewayError("CLI_USAGE", "--publisher is missing: the key that signs what is published", {
      hint: "It is online, and none of the root's keys; `firmware root key` makes one",
    });
  }
  return {
    keys,
    publisher: publisher === undefined ? keys[0]! : readRepositoryKey(await read(publisher), publisher),
    threshold: number(optional(args, "threshold") ?? (preset === "single-key" ? "1" : "2"), "--threshold"),
    days: number(optional(args, "days") ?? String(ROOT_DAYS), "--days"),
    preset,
  };
}

async function made(args: CommandArgs, root: string): Promise<CommandResult> {
  const file = text(args, "file");
  await write(file, root, 0o644);
  const { version, threshold, keys } = stateOfRoot(root);
  return {
    text: `Wrote ${file}, root version ${version}, not signed yet: ${threshold} of ${keys.length} keys must sign it`,
    data: { file, version },
  };
}

async function show(root: string, args: CommandArgs): Promise<CommandResult> {
  const before = optional(args, "before");
  const state = stateOfRoot(root, before === undefined ? undefined : await read(before));
  const signed = state.keys.filter((key) => key.signed).length;
  const lines = [
    `Root version ${state.version}, until ${state.expires}`,
    `${signed} of ${state.keys.length} of its keys have signed it, ${state.threshold} are needed${
      state.isComplete ? "" : ": NOT ENOUGH"
    }`,
    ...state.keys.map(({ keyid, signed }) => `  ${keyid.slice(0, 16)} ${signed ? "signed" : "-"}`),
    ...(state.isLinked === undefined
      ? []
      : [`The root before it ${state.isLinked ? "vouches" : "does NOT vouch"} for it`]),
  ];
  return { text: lines.join("\n"), data: { ...state }, ok: true };
}

async function openKeys(args: CommandArgs): Promise<OpenKey[]> {
  const secret = await passphrase(args);
  const keys: OpenKey[] = [];
  for (const file of text(args, "keys").split(",").map((name) => name.trim())) {
    keys.push(openRepositoryKey(await read(file), file, secret));
  }
  return keys;
}

async function passphrase(args: CommandArgs): Promise<string | undefined> {
  const file = optional(args, "passphrase");
  if (file === undefined) return undefined;
  const secret = new TextDecoder().decode(secretBytes(new TextEncoder().encode(await read(file))));
  if (secret.length >= 12) return secret;
  throw new GatewayError("CLI_USAGE", `The passphrase in "${file}" has ${secret.length} characters: wanted 12 or more`);
}

const optional = (args: CommandArgs, name: string): string | undefined =>
  typeof args[name] === "string" && args[name] !== "" ? args[name] : undefined;

function text(args: CommandArgs, name: string): string {
  const value = optional(args, name);
  if (value !== undefined) return value;
  throw new GatewayError("CLI_USAGE", `--${name} is missing`, { hint: "See `help firmware`" });
}

function number(value: string, name: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) > 0) return Number(value);
  throw new GatewayError("CLI_USAGE", `${name} is "${value}": wanted a number from 1 to 99999`);
}

async function read(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw new ConfigError("CFG_UNREADABLE", `Cannot read "${file}"`, { cause });
  }
}

async function write(file: string, content: string, mode: number): Promise<void> {
  try {
    await Deno.writeTextFile(file, content, { createNew: true, mode });
  } catch (cause) {
    throw new GatewayError("CLI_EXISTS", `Cannot write "${file}"`, {
      cause,
      hint: "It is never overwritten: name a new file",
    });
  }
}

const given = (name: string, value: string | undefined): Record<string, string> =>
  value === undefined ? {} : { [name]: value };
