import { SERVING_LIMITS } from "./limits.ts";

/** One command of a client (RFC 959 section 4). */
export interface FtpCommand {
  /** In capitals. */
  readonly verb: string;
  readonly argument: string;
}

/** Cuts what a client sends into commands; "too-long" when a line has no end. Holds one line. Pure. */
export class FtpLines {
  #rest = "";

  read(piece: Uint8Array): readonly FtpCommand[] | "too-long" {
    // Telnet controls of an ABOR (RFC 959 section 4.1.3) are not part of any command.
    this.#rest += new TextDecoder("latin1").decode(piece.filter((byte) => byte < 0xf0));
    const lines = this.#rest.split("\n");
    this.#rest = lines.pop()!;
    if ([...lines, this.#rest].some((line) => line.length > SERVING_LIMITS.ftpLineChars)) return "too-long";
    return lines.map(readCommand).filter((command) => command !== undefined);
  }
}

function readCommand(line: string): FtpCommand | undefined {
  const text = line.replace(/\r$/, "").trimStart();
  if (text === "") return undefined;
  const [verb = "", ...rest] = text.split(" ");
  return { verb: verb.toUpperCase(), argument: rest.join(" ").trim() };
}

/** A reply of one line, or of several (RFC 959 section 4.2). No text of a client stands in it. */
export function ftpReply(code: number, ...lines: readonly string[]): string {
  if (lines.length === 1) return `${code} ${lines[0]}\r\n`;
  const inner = lines.slice(1, -1).map((line) => ` ${line}\r\n`).join("");
  return `${code}-${lines[0]}\r\n${inner}${code} ${lines.at(-1)}\r\n`;
}

/** Where to connect for data: PASV for IPv4 (RFC 959), EPSV for both (RFC 2428). */
export function passiveReply(kind: "EPSV" | "PASV", host: string, port: number): string {
  if (kind === "EPSV") return ftpReply(229, `Entering extended passive mode (|||${port}|)`);
  return ftpReply(227, `Entering passive mode (${host.replaceAll(".", ",")},${port >> 8},${port & 0xff})`);
}
