import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { ConfigError, GatewayError } from "../core/errors.ts";
import { verifyPdf } from "../papers/verify_pdf.ts";
import { runRemotely } from "./dispatch_command.ts";

type RunRemotely = (command: string, args: CommandArgs) => Promise<CommandResult>;

/**
 * Runs a command that answers a file and writes it where --file says; without --file it answers as it is.
 * @throws ConfigError CFG_UNREADABLE when the file cannot be written
 */
export async function paperToFile(
  command: string,
  args: CommandArgs,
  run: RunRemotely = runRemotely,
): Promise<CommandResult> {
  const { file, ...sent } = args;
  const result = await run(command, sent);
  if (typeof file !== "string") return result;
  const { base64, text, name } = result.data as { base64?: string; text?: string; name?: string };
  const bytes = base64 === undefined ? new TextEncoder().encode(text ?? result.text) : Uint8Array.fromBase64(base64);
  try {
    await Deno.writeFile(file, bytes, { mode: 0o600 });
  } catch (cause) {
    throw new ConfigError("CFG_UNREADABLE", `Cannot write the file "${file}"`, { cause });
  }
  return { text: `${file}: ${bytes.length} bytes`, data: { file, name: name ?? null, bytes: bytes.length } };
}

/** `commissioning verify`: reads the file here; without --ca the running gateway says by which CA. @throws ProtocolError PAPER_SIGNATURE_INVALID */
export async function verifyPaper(args: CommandArgs, run: RunRemotely = runRemotely): Promise<CommandResult> {
  const file = String(args["file"]), ca = args["ca"];
  const pdf = await readFile(file);
  const caPem = typeof ca === "string" ? new TextDecoder().decode(await readFile(ca)) : await ownCa(args, run);
  const { signer, serial, notBefore, notAfter } = verifyPdf(pdf, caPem);
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  return {
    text: `${file} holds: signed by ${signer} (certificate ${serial}, ${day(notBefore)} to ${
      day(notAfter)
    }), every byte of it.`,
    data: { file, signer, serial, notBefore, notAfter },
  };
}

async function ownCa(args: CommandArgs, run: RunRemotely): Promise<string> {
  const { config, as } = args;
  const { data } = await run("cert export-ca", {
    ...config === undefined ? {} : { config },
    ...as === undefined ? {} : { as },
  });
  const { pem } = data as { pem?: unknown };
  if (typeof pem === "string") return pem;
  throw new GatewayError("CTL_FAILED", "The running gateway gave no CA certificate", { hint: "Pass one with --ca" });
}

async function readFile(file: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(file);
  } catch (cause) {
    throw new ConfigError("CFG_UNREADABLE", `Cannot read the file "${file}"`, { cause });
  }
}
