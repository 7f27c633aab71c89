import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import { planPicture } from "../../tests/support/plan_picture.ts";
import { KEYS } from "../store/keys.ts";
import { readSignature } from "./cms.ts";
import { PAPER_LIMITS } from "./limits.ts";
import { Paper } from "./paper.ts";
import { PaperRig } from "./testing/paper_rig.ts";
import { verifyPdf } from "./verify_pdf.ts";

const HEAD = { title: "Prüfprotokoll", site: "Parkhaus Süd", foot: "garage-12", language: "de", now: 0 };
const NONCE = "a1b2c3d4e5f60718";
const INVALID = { code: "PAPER_SIGNATURE_INVALID" };

async function paperOf(rig: PaperRig, write: (paper: Paper) => void = () => {}): Promise<Uint8Array<ArrayBuffer>> {
  const paper = await Paper.open({ ...HEAD, now: rig.time.now() });
  write(paper);
  return await paper.finish({ name: "record.json", text: '{"größe":1}' }, await rig.signer().signer(), NONCE);
}

Deno.test("papers: a signed paper verifies by the site CA alone, and says who signed it", async () => {
  await using rig = await PaperRig.open();
  const pdf = await paperOf(rig, (paper) => {
    paper.heading("Messungen");
    paper.facts([["Łódź", "Ω ≥ 1"]]);
    paper.table([{ head: "Schritt", share: 0.6 }, { head: "Ergebnis", share: 0.4 }], [
      ["Isolation", { text: "erfüllt", tone: "good" }],
    ]);
    paper.picture(planPicture(60, 40), "Typenschild");
    paper.drawing("M10 50 L100 20");
  });
  const verified = verifyPdf(pdf, rig.ca.pem);
  equal(verified.signer, "Bulkhead papers garage-12");
  ok(verified.notBefore < rig.time.now() && rig.time.now() < verified.notAfter);
});

Deno.test("papers: one altered byte anywhere fails, also in the signature, and so does one that is added or cut", async () => {
  await using rig = await PaperRig.open();
  const pdf = await paperOf(rig);
  for (let at = 0; at < pdf.length; at += 97) {
    const changed = pdf.slice();
    changed[at]! ^= 1;
    throws(() => verifyPdf(changed, rig.ca.pem), (error: { code?: string }) => /^(PAPER|PKI)_/.test(error.code ?? ""));
  }
  const longer = new Uint8Array(pdf.length + 1);
  longer.set(pdf);
  throws(() => verifyPdf(longer, rig.ca.pem), { ...INVALID, message: /no signature in it covers the whole file/ });
  throws(() => verifyPdf(pdf.subarray(0, pdf.length - 1), rig.ca.pem), INVALID);
  const appended = new TextEncoder().encode("\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n");
  const updated = new Uint8Array([...pdf, ...appended]);
  throws(() => verifyPdf(updated, rig.ca.pem), { ...INVALID, message: /covers the whole file/ });
});

Deno.test("papers: a changed case of the signature's digits is a change", async () => {
  await using rig = await PaperRig.open();
  const pdf = await paperOf(rig), text = new TextDecoder("latin1").decode(pdf);
  const at = text.search(/\/Contents <[0-9a-f]*[a-f]/) + 11;
  const letter = pdf.findIndex((byte, index) => index >= at && byte >= 0x61 && byte <= 0x66);
  const changed = pdf.slice();
  changed[letter]! -= 0x20;
  throws(() => verifyPdf(changed, rig.ca.pem), INVALID);
});

Deno.test("papers: a paper of another site is refused, and one without a CA to check it by", async () => {
  await using rig = await PaperRig.open();
  await using other = await PaperRig.open("garage-13", 2);
  const pdf = await paperOf(rig);
  throws(() => verifyPdf(pdf, other.ca.pem), { ...INVALID, message: /not of this site/, hint: /cert export-ca/ });
  throws(() => verifyPdf(pdf, ""), { ...INVALID, message: /no CA certificate/ });
  equal(verifyPdf(pdf, other.ca.pem + rig.ca.pem).signer, "Bulkhead papers garage-12", "after a change of the CA");
});

Deno.test("papers: a certificate of the site for something else signs no paper", async () => {
  await using rig = await PaperRig.open();
  const station = {
    hasIssued: rig.ca.hasIssued.bind(rig.ca),
    issueSigner: (name: string, ...more: never[]) =>
      (rig.ca.issueStation as (...all: unknown[]) => string)("Bulkhead", name, ...more),
  };
  const signer = await rig.signer(station as never).signer();
  const paper = await Paper.open({ ...HEAD, now: rig.time.now() });
  const pdf = await paper.finish({ name: "r.json", text: "{}" }, signer, NONCE);
  throws(() => verifyPdf(pdf, rig.ca.pem), { ...INVALID, message: /not for papers/ });
});

Deno.test("papers: the key is kept sealed over a restart, renewed a year before its end, and made anew under another CA", async () => {
  await using rig = await PaperRig.open();
  const serialOf = async (pdf: Promise<Uint8Array>) => verifyPdf(await pdf, rig.ca.pem).serial;
  const first = await serialOf(paperOf(rig));
  equal(await serialOf(paperOf(rig)), first, "each paper is made by a fresh signer, as after a restart");
  const stored = JSON.stringify((await rig.store.get(KEYS.documentSigner))!.value);
  equal(/PRIVATE KEY|CERTIFICATE/.test(stored), false, "sealed");
  rig.time.jump(2 * 365 * 86_400_000 - 1);
  equal(await serialOf(paperOf(rig)), first);
  const old = await paperOf(rig);
  rig.time.jump(1);
  notEqual(await serialOf(paperOf(rig)), first);
  rig.time.jump(20 * 365 * 86_400_000);
  equal(verifyPdf(old, rig.ca.pem).serial, first, "a paper outlives its signer");
  await using other = await PaperRig.open("garage-13", 2);
  const moved = await rig.signer(other.ca).signer();
  const paper = await Paper.open({ ...HEAD, now: rig.time.now() });
  verifyPdf(await paper.finish({ name: "r.json", text: "{}" }, moved, NONCE), other.ca.pem);
});

Deno.test("papers: a photo that looks like the place of a signature hides nothing", async () => {
  await using rig = await PaperRig.open();
  const pdf = await paperOf(rig, (paper) => {
    paper.paragraph("/ByteRange [0 10 20 30]");
    for (let at = 0; at < 3; at++) paper.paragraph(`/ByteRange [0 /${NONCE.slice(0, 8)} x] /Contents <00>`);
  });
  verifyPdf(pdf, rig.ca.pem);
});

Deno.test("papers: as many pages as the limit, and one past it", async () => {
  await using rig = await PaperRig.open();
  const paper = await Paper.open({ ...HEAD, now: rig.time.now() });
  const page = () => paper.heading("x", 900);
  for (let at = 1; at < PAPER_LIMITS.pages; at++) page();
  throws(page, { code: "PAPER_TOO_LONG", message: /at most 200 pages/ });
  verifyPdf(await paper.finish({ name: "r.json", text: "{}" }, await rig.signer().signer(), NONCE), rig.ca.pem);
});

const DIGEST = new Uint8Array(32).fill(5);

async function signatureOf(rig: PaperRig, digest: Uint8Array = DIGEST): Promise<Uint8Array> {
  return (await rig.signer().signer()).sign(digest);
}

Deno.test("cms: changed at any byte it is refused, by name and without another error", async () => {
  await using rig = await PaperRig.open();
  const bytes = await signatureOf(rig);
  const held: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at]! ^= 0x40;
    try {
      readSignature(changed, DIGEST);
      held.push(at);
    } catch (error) {
      ok(/^(PAPER_SIGNATURE_INVALID|PKI_MALFORMED)$/.test((error as { code?: string }).code ?? ""), `${at}: ${error}`);
    }
  }
  deepEqual(held, [], "every byte is judged");
});
