import { deepEqual, equal } from "node:assert/strict";
import { FtpLines, ftpReply, passiveReply } from "./codec_ftp.ts";
import { SERVING_LIMITS } from "./limits.ts";

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const read = (text: string, step = text.length || 1) => {
  const lines = new FtpLines(), all: string[] = [];
  for (let at = 0; at < text.length; at += step) {
    const commands = lines.read(bytes(text.slice(at, at + step)));
    if (commands === "too-long") return commands;
    all.push(...commands.map(({ verb, argument }) => `${verb}|${argument}`));
  }
  return all;
};

const LONG = "x".repeat(SERVING_LIMITS.ftpLineChars);
const CASES: readonly (readonly [string, string, readonly string[] | "too-long"])[] = [
  ["one command", "USER station\r\n", ["USER|station"]],
  ["several", "USER a\r\nPASS b\r\n", ["USER|a", "PASS|b"]],
  ["small letters", "retr Fw.Deb\r\n", ["RETR|Fw.Deb"]],
  ["a bare line feed", "NOOP\n", ["NOOP|"]],
  ["spaces within a name", "RETR my file.deb\r\n", ["RETR|my file.deb"]],
  ["an empty line", "\r\nNOOP\r\n", ["NOOP|"]],
  ["half a command", "USE", []],
  ["telnet's interrupt before ABOR", "\xff\xf4\xff\xf2ABOR\r\n", ["ABOR|"]],
  ["a line past it", `${LONG}x\n`, "too-long"],
  ["a line without an end past it", `${LONG}x`, "too-long"],
];
for (const [what, text, wanted] of CASES) {
  Deno.test(`firmware ftp codec: ${what}, cut at every byte`, () => {
    for (const step of [text.length || 1, 1, 3]) deepEqual(read(text, step), wanted);
  });
}

Deno.test("firmware ftp codec: a line at the limit is read", () => {
  equal((read(`${LONG}\n`) as string[]).length, 1);
});

Deno.test("firmware ftp codec: replies of one line and of several", () => {
  equal(ftpReply(220, "Files"), "220 Files\r\n");
  equal(ftpReply(211, "Features:", "EPSV", "SIZE", "End"), "211-Features:\r\n EPSV\r\n SIZE\r\n211 End\r\n");
});

Deno.test("firmware ftp codec: where data goes", () => {
  equal(passiveReply("PASV", "10.20.0.1", 50_001), "227 Entering passive mode (10,20,0,1,195,81)\r\n");
  equal(passiveReply("EPSV", "fd00::1", 50_001), "229 Entering extended passive mode (|||50001|)\r\n");
});

Deno.test("firmware ftp codec: whatever comes is read or refused, and nothing is kept without end", () => {
  let seed = 11;
  const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  const lines = new FtpLines();
  for (let run = 0; run < 3_000; run++) {
    const piece = Uint8Array.from({ length: random(40) }, () => random(20) === 0 ? 10 : random(256));
    const commands = lines.read(piece);
    if (commands === "too-long") return;
    for (const { verb } of commands) equal(verb, verb.toUpperCase());
  }
});
