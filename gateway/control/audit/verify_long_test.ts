import assert from "node:assert/strict";
import fc from "fast-check";
import { AuditRig } from "../../../tests/support/audit_rig.ts";
import { canonicalJson, chainLine, expireLine, GENESIS, parseLine, sha256 } from "./chain.ts";
import { createVerifier } from "./signer.ts";
import { readSinkCopy } from "./sink_copy.ts";
import { type SourceLine, verifyChain, type VerifyReport } from "./verify.ts";

const DAY = 24 * 60 * 60 * 1000;
type Check = (lines: readonly string[], sink?: readonly string[]) => Promise<VerifyReport>;

const numbered = (lines: readonly string[]): SourceLine[] =>
  lines.map((text, index) => ({ file: "f", line: index + 1, text, ended: true }));

/** A chain with every kind of line: three segments, an expired class, a gap, checkpoints. */
async function everyKind(): Promise<{ lines: string[]; check: Check; pem: string }> {
  await using rig = await AuditRig.open();
  await rig.say("day one");
  await rig.audit.record({ event: "alarm.raised", class: "operation", who: "gateway", outcome: "ok", target: "t" });
  rig.time.advance(DAY);
  await rig.say("day two");
  rig.time.advance(31 * DAY);
  await rig.say("day thirty-three");
  await rig.audit.expire();
  await rig.audit.stop();
  const marker = { backupTakenAt: "a", lastSequence: 3, restoredAt: "b", source: "c" };
  Deno.writeTextFileSync(`${rig.dataDir}/restored.json`, JSON.stringify(marker));
  await rig.start();
  await rig.say("last");
  await rig.audit.checkpoint();
  const verifier = await createVerifier(rig.audit.publicPem);
  const check: Check = (lines, sink) => verifyChain(numbered(lines), verifier, sink && readSinkCopy(sink));
  return { lines: rig.lines(), check, pem: rig.audit.publicPem };
}

const seqOf = (line: string) => JSON.parse(line).seq as number;

Deno.test("invariant 10: an untouched chain verifies with only the public key and counts what it holds", async () => {
  const { lines, check } = await everyKind();
  const report = await check(lines);
  assert.deepEqual(report.faults, []);
  assert.equal(report.ok, true);
  assert.equal(report.expired, 1);
  assert.equal(report.gaps.length, 1);
  assert.equal(report.signedTo, seqOf(lines.at(-1)!) - 1);
  const kinds = new Set(lines.map((line) => JSON.parse(line).kind));
  assert.deepEqual([...kinds].sort(), ["checkpoint", "expired", "expiry", "gap", "record", "segment"]);
});

Deno.test("invariant 10: any changed byte in any line is found", async () => {
  const { lines, check } = await everyKind();
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const changed = bytes.slice();
      changed[at]! ^= flip;
      let text: string;
      try {
        text = decoder.decode(changed);
      } catch {
        return true; // such bytes reach verify as "cannot be read"
      }
      const parts = text.split("\n");
      const rest = parts.pop()!;
      const source = numbered(parts);
      if (rest !== "") source.push({ file: "f", line: parts.length + 1, text: rest, ended: false });
      return !(await check(source.map(({ text }) => text!).filter(() => rest === ""))).ok || rest !== "";
    }),
    { numRuns: 600, seed: 10 },
  );
});

Deno.test("invariant 10: every byte of one record and of one expired record is covered", async () => {
  const { lines, check } = await everyKind();
  for (
    const index of [
      lines.findIndex((line) => line.includes("day one")),
      lines.findIndex((l) => l.includes('"expired"')),
    ]
  ) {
    const line = lines[index]!;
    for (let at = 0; at < line.length; at++) {
      const other = line[at] === "a" ? "b" : "a";
      const report = await check(lines.with(index, line.slice(0, at) + other + line.slice(at + 1)));
      assert.equal(report.ok, false, `byte ${at} of ${line}`);
      assert.ok([seqOf(line), seqOf(line) + 1].includes(report.faults[0]!.seq), "names the record or its successor");
    }
  }
});

Deno.test("invariant 10: a removed record is named", async () => {
  const { lines, check } = await everyKind();
  for (let index = 1; index < lines.length - 1; index++) {
    const isAtGap = [lines[index]!, lines[index + 1]!].some((line) => JSON.parse(line).kind === "gap");
    if (isAtGap) continue; // next test
    const { faults } = await check(lines.toSpliced(index, 1));
    assert.deepEqual([faults[0]!.kind, faults[0]!.seq], ["missing", seqOf(lines[index]!)]);
  }
});

Deno.test("invariant 10: a gap does not hide a record removed before it", async () => {
  const { lines, check } = await everyKind();
  const gap = lines.findIndex((line) => JSON.parse(line).kind === "gap");
  const { ok, faults } = await check(lines.toSpliced(gap - 1, 1));
  assert.equal(ok, false);
  assert.equal(faults[0]!.kind, "missing");
});

Deno.test("invariant 10: swapped and doubled records are named", async () => {
  const { lines, check } = await everyKind();
  const swapped = await check([lines[0]!, lines[2]!, lines[1]!, ...lines.slice(3)]);
  assert.deepEqual(swapped.faults.map(({ kind, seq }) => [kind, seq]).slice(0, 2), [["missing", 2], ["reordered", 2]]);
  const doubled = await check([...lines.slice(0, 2), lines[1]!, ...lines.slice(2)]);
  assert.deepEqual(doubled.faults.map(({ kind, seq }) => [kind, seq]), [["reordered", 2]]);
});

Deno.test("invariant 10: a chain computed anew without the key fails at its first checkpoint", async () => {
  const { lines, check } = await everyKind();
  let head = GENESIS;
  const forged: string[] = [];
  for (const text of lines) {
    const old = parseLine(text.replace("day one", "day zero"))!;
    if (old.kind === "gap") break;
    const { hash: _hash, kind: _kind, seq, class: lineClass, ...fields } = old.fields;
    const line = chainLine(
      head,
      old.kind === "expired" ? "record" : old.kind,
      lineClass as "access",
      fields,
      Number(seq),
    );
    forged.push(line.text);
    head = line;
  }
  const { faults } = await check(forged);
  assert.equal(faults[0]!.kind, "bad-signature");
});

Deno.test("invariant 10: another site's key does not verify", async () => {
  const { lines } = await everyKind();
  const { pem } = await everyKind();
  const report = await verifyChain(numbered(lines), await createVerifier(pem));
  assert.equal(report.faults[0]!.kind, "bad-signature");
});

Deno.test("invariant 10: an emptied record without a signed expiry is found", async () => {
  const { lines, check } = await everyKind();
  const index = lines.findIndex((line) => line.includes("day thirty-three"));
  const { faults } = await check(lines.with(index, expireLine(parseLine(lines[index]!)!).text));
  assert.deepEqual([faults[0]!.kind, faults[0]!.seq], ["unproven-removal", seqOf(lines[index]!)]);
});

Deno.test("invariant 10: a removed beginning without a signed expiry is found", async () => {
  const { lines, check } = await everyKind();
  const second = lines.findIndex((line, index) => index > 0 && JSON.parse(line).kind === "segment");
  const { faults } = await check(lines.slice(second));
  assert.equal(faults[0]!.kind, "unproven-removal");
});

Deno.test("invariant 10: a cut end is found against the sink's copy, and whether a signature proves it", async () => {
  const { lines, check } = await everyKind();
  const sink = lines.map((line) => `<110>1 2026-01-01T00:00:00Z gw bulkhead - - - \ufeff${line}`);
  assert.equal((await check(lines, sink)).ok, true);
  const cut = await check(lines.slice(0, -2), sink);
  assert.equal(cut.faults[0]!.kind, "truncated");
  assert.match(cut.faults[0]!.what, /signed checkpoint/);
  const unsigned = await check(lines.slice(0, -2), sink.slice(0, -1));
  assert.match(unsigned.faults[0]!.what, /not signed yet/);
});

Deno.test("invariant 10: a rewritten record is found against the sink's copy", async () => {
  const { lines, check } = await everyKind();
  const other = chainLine(GENESIS, "record", "access", { who: "eve" }, 2).text;
  const { faults } = await check(lines, [other]);
  assert.deepEqual([faults[0]!.kind, faults[0]!.seq], ["differs-from-sink", 2]);
  const conflict = await check(lines, [lines[1]!, other]);
  assert.match(conflict.faults[0]!.what, /two records 2/);
});

Deno.test("invariant 10: what a restore lost and the sink kept is declared, not a fault", async () => {
  const { lines, check } = await everyKind();
  const gap = lines.findIndex((line) => JSON.parse(line).kind === "gap");
  const before = parseLine(lines[gap - 1]!)!;
  const lost = chainLine(before, "record", "access", { who: "mia" }).text;
  const report = await check(lines, [...lines, lost]);
  assert.equal(report.ok, true);
  assert.equal(report.sink!.onlyThere, 1);
});

Deno.test("audit verify: an empty folder is not an intact chain, a half-written line is named", async () => {
  const { lines, check, pem } = await everyKind();
  assert.equal((await check([])).ok, false);
  const torn: SourceLine = { file: "f", line: 99, text: lines[0]!.slice(0, 40), ended: false };
  const report = await verifyChain([...numbered(lines), torn], await createVerifier(pem));
  assert.equal(report.faults[0]!.kind, "torn");
  const binary: SourceLine = { file: "f", line: 1, text: undefined, ended: true };
  assert.equal((await verifyChain([binary], await createVerifier(pem))).faults[0]!.kind, "unreadable");
});

Deno.test("audit verify: a list of many faults is bounded and counted", async () => {
  const { check } = await everyKind();
  const report = await check(Array.from({ length: 60 }, () => "{}"));
  assert.deepEqual([report.faults.length, report.faultCount], [50, 60]);
});

Deno.test("audit chain: canonical JSON sorts keys at every depth and leaves undefined out", () => {
  assert.equal(
    canonicalJson({ b: 1, a: { d: [1, "x"], c: undefined, B: null } }),
    '{"a":{"B":null,"d":[1,"x"]},"b":1}',
  );
});

Deno.test("audit chain: the link of a known line is what the decision page says", () => {
  const line = chainLine(GENESIS, "record", "access", { who: "mia" });
  const digest = sha256('{"class":"access","kind":"record","seq":1,"who":"mia"}');
  assert.equal(line.hash, sha256(`${"0".repeat(64)}\n1\naccess\n${digest}`));
  assert.deepEqual(parseLine(line.text)?.digest, digest);
});

Deno.test("audit chain: a line at the limit is read, one longer is not", () => {
  const pad = (chars: number) => chainLine(GENESIS, "record", "access", { pad: "x".repeat(chars) }).text;
  const room = 8 * 1024 - pad(0).length;
  assert.ok(parseLine(pad(room)));
  assert.equal(parseLine(pad(room + 1)), undefined);
});

Deno.test("audit chain: lines of other forms are not ours", () => {
  for (
    const text of [
      "",
      "{}",
      "null",
      '{"seq":1,"hash":"00"}',
      `{"a":1,"hash":"${"0".repeat(64)}"}`,
      `[1,"hash":"${"0".repeat(64)}"}`,
    ]
  ) {
    assert.equal(parseLine(text), undefined);
  }
});
