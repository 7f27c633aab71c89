import { Buffer } from "node:buffer";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { runRemotely } from "./dispatch_command.ts";

type RunCommand = (command: string, args: CommandArgs) => Promise<CommandResult>;

interface Piece {
  readonly id: string;
  readonly fileName: string;
  readonly bytes: number;
  readonly piece: string;
}

/** `device download` with --file: fetches it from the controller, then out of its sealed copy. */
export async function runDeviceDownload(args: CommandArgs, run: RunCommand = runRemotely): Promise<CommandResult> {
  const { file, ...rest } = args;
  const made = await run("device download", rest);
  if (typeof file !== "string") return made;
  const { station: _, what: __, ...common } = rest;
  const { id } = made.data as { id: string };
  return await runDeviceFile({ ...common, id, file }, run);
}

/** `device file`: takes a file out of its sealed copy, piece by piece. An existing file is never written over. */
export async function runDeviceFile(args: CommandArgs, run: RunCommand = runRemotely): Promise<CommandResult> {
  const { file, ...rest } = args;
  if (typeof file !== "string") return await run("device file", rest);
  using target = await Deno.open(file, { write: true, createNew: true, mode: 0o600 });
  for (let at = 0;;) {
    const answer = (await run("device file", { ...rest, from: String(at) })).data as unknown as Piece;
    const bytes = new Uint8Array(Buffer.from(answer.piece, "base64"));
    for (let sent = 0; sent < bytes.length;) sent += await target.write(bytes.subarray(sent));
    at += bytes.length;
    if (at < answer.bytes && bytes.length > 0) continue;
    await target.sync();
    const { id, fileName } = answer;
    return { text: `Wrote ${fileName}, ${at} bytes, to ${file}`, data: { id, fileName, bytes: at, file } };
  }
}
