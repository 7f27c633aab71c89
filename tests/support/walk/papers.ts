import { match, ok, throws } from "node:assert/strict";
import { verifyPdf } from "../../../gateway/papers/verify_pdf.ts";
import type { Life } from "./life.ts";

/** What other programs say of the paper. */
export async function judgePaper({ site: { folder, command } }: Life, pdf: Uint8Array): Promise<void> {
  const { pem } = await command<{ pem: string }>("cert export-ca");
  match(verifyPdf(pdf, pem).signer, /^Bulkhead papers garage-12/);
  const altered = pdf.slice();
  altered[Math.floor(pdf.length / 2)]! ^= 1;
  throws(() => verifyPdf(altered, pem), /PAPER_SIGNATURE|PKI_MALFORMED|does not hold|certificate data/);
  const file = `${folder}/bay.pdf`;
  await Deno.writeFile(file, pdf);
  const said = await run("pdfsig", file);
  match(said, /Signature Type: ETSI\.CAdES\.detached/);
  match(said, /Total document signed/);
  match(said, /Signature is Valid/);
  const page = pdf.slice();
  page[pdf.length - 400]! ^= 1; // behind the signature: other programs do not judge the zeros that are kept free for it
  await Deno.writeFile(`${folder}/altered.pdf`, page);
  ok(!/Signature is Valid/.test(await run("pdfsig", `${folder}/altered.pdf`)));
  const text = await run("pdftotext", "-layout", file, "-");
  for (
    const word of [
      "Commissioning protocol CP001",
      "Parkhaus Süd",
      "closed",
      "250 MOhm",
      "Tom Kern (tom)",
      "Anna Berg (anna)",
    ]
  ) {
    ok(text.includes(word), `${word} stands in:\n${text}`);
  }
  match(await run("pdfdetach", "-list", file), /commissioning-1\.json/);
  await opensslAgrees(folder, pdf, pem);
}

async function opensslAgrees(folder: string, pdf: Uint8Array, pem: string): Promise<void> {
  const text = new TextDecoder("latin1").decode(pdf);
  const [, start, end] = /\/ByteRange \[0 (\d+) (\d+) \d+\]/.exec(text)!.map(Number);
  const signature = Uint8Array.fromHex(text.slice(start! + 1, end! - 1));
  const size = signature[2]! * 256 + signature[3]! + 4; // SEQUENCE with a length of two bytes
  await Deno.writeFile(`${folder}/content`, new Uint8Array([...pdf.subarray(0, start!), ...pdf.subarray(end!)]));
  await Deno.writeFile(`${folder}/cms`, signature.subarray(0, size));
  await Deno.writeTextFile(`${folder}/ca.pem`, pem);
  const verify = ["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", `${folder}/cms`];
  await run("openssl", ...verify, "-content", `${folder}/content`, "-CAfile", `${folder}/ca.pem`, "-out", "/dev/null");
}

/** Runs a Debian program to its end. pdfsig ends with 1 where it knows no authority. */
async function run(program: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (code !== 0 && program !== "pdfsig") throw new Error(`${program} ended with ${code}: ${text}`);
  return text;
}

/** The posture report as Chromium prints it: A4, without navigation, what could not be checked, heads on each page. */
export async function printReport({ anna, site: { at, folder, command } }: Life): Promise<void> {
  await command("posture run", { subject: "CP001" });
  await anna.goto(at("/reports/posture"));
  const file = `${folder}/printed.pdf`;
  await Deno.writeFile(file, await anna.pdf({ preferCSSPageSize: true }));
  const info = await run("pdfinfo", file), text = await run("pdftotext", "-layout", file, "-");
  match(info, /Page size: +59[45].*84[12].*A4/);
  ok(Number(/Pages: +(\d+)/.exec(info)![1]) >= 3, info);
  match(text, /What could not be checked/);
  match(text, /CP001/);
  for (const gone of ["Dashboard", "Signed PDF", "Floor plans"]) ok(!text.includes(gone), `${gone} is printed`);
  const pages = text.split("\f").filter((page) => /\bLine\b[\s\S]*\bFound\b/.test(page));
  ok(pages.length >= 2, "the head of a table comes again");
}
