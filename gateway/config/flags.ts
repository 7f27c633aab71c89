import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Box, WorkerSpec } from "../core/conduit.ts";
import { ConfigError } from "../core/errors.ts";

/**
 * Environment that main itself reads: the yaml package's two, those of systemd's readiness protocol, and the login name
 * for the audit when a command asks the running gateway.
 */
const MAIN_ENV = ["LOG_STREAM", "LOG_TOKENS", "NOTIFY_SOCKET", "SUDO_USER", "USER", "WATCHDOG_PID", "WATCHDOG_USEC"];

/** systemd's readiness socket (Type=notify): main sends to it, which needs both rights on its path. */
const NOTIFY_SOCKET = "/run/systemd/notify";

/** What `check` asks about the box. */
const MAIN_SYS = ["networkInterfaces"];

/** Folder of the program: main must be able to read the source of its Workers. */
const PROGRAM = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

/**
 * The `deno run` flags a site needs, one per entry, ready for a systemd unit (`flags` prints them). Main gets the union
 * of its Workers' lists, because a Worker's list must be covered by the process's. The network stays unscoped: a CIDR
 * among the process's flags cannot be handed on to a Worker (facts/isolates.md), so Workers' lists, uid and nftables are
 * the boundary there.
 * @throws ConfigError CFG_INVALID when a path has a comma
 * @param files absolute paths of the files that site.yaml names; those outside its folder are added by their folder
 */
export function unionFlags(specs: readonly WorkerSpec[], box: Box, files: readonly string[] = []): string[] {
  const union = (key: "read" | "write" | "env" | "sys", own: readonly string[]) =>
    [...new Set([...own, ...specs.flatMap((spec) => spec.permissions[key] ?? [])])].sort();
  const folders = [PROGRAM, box.configDir, box.dataDir, ...files.map((file) => dirname(file))];
  const read = outermost(union("read", [...folders, NOTIFY_SOCKET]));
  const write = outermost(union("write", [box.dataDir, NOTIFY_SOCKET]));
  const sys = union("sys", MAIN_SYS);
  return [
    "--no-prompt",
    "--cached-only",
    "--frozen",
    "--deny-run",
    "--deny-ffi",
    ...(specs.some(({ permissions }) => permissions.net && permissions.net.length > 0) ? ["--allow-net"] : []),
    listFlag("read", read),
    listFlag("write", write),
    listFlag("env", union("env", MAIN_ENV)),
    listFlag("sys", sys),
  ];
}

/** One list flag. Deno splits it at commas and knows no escape for one that belongs to a path (seen on 2.9.6). */
function listFlag(name: string, values: readonly string[]): string {
  const bad = values.find((value) => value.includes(","));
  if (bad !== undefined) {
    throw new ConfigError("CFG_INVALID", `Cannot give "${bad}" to --allow-${name}: its name must have no comma`, {
      hint: "Move the folder to a path without a comma",
    });
  }
  return `--allow-${name}=${values.join(",")}`;
}

/** Drops every path that lies below another one of the list. */
function outermost(paths: readonly string[]): string[] {
  const folder = (path: string) => path.endsWith("/") ? path : `${path}/`;
  return paths.filter((path) => !paths.some((other) => other !== path && path.startsWith(folder(other))));
}

/** The flags as one line for a shell: what a shell would read differently stands in single quotes. */
export function flagsLine(flags: readonly string[]): string {
  return flags.map((flag) => /^[\w@%+=:,./-]+$/.test(flag) ? flag : `'${flag.replaceAll("'", `'\\''`)}'`).join(" ");
}
