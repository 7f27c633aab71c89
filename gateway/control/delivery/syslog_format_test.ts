import assert from "node:assert/strict";
import { chainLine, GENESIS } from "../audit/chain.ts";
import { element, formatSyslog } from "./syslog_format.ts";

const AT = "2026-11-21T04:00:00.123Z";
const line = (fields: Record<string, unknown>, seq = 1) =>
  chainLine(GENESIS, "record", "access", { at: AT, event: "user.session.opened", outcome: "ok", ...fields }, seq);

Deno.test("syslog format: header, structured data, BOM and the line itself (RFC 5424)", () => {
  const record = line({});
  assert.equal(
    formatSyslog(record, "garage-12"),
    `<110>1 ${AT} garage-12 bulkhead - user.session.opened ` +
      `[meta sequenceId="1"][audit@32473 seq="1" kind="record" class="access" outcome="ok"] \ufeff${record.text}`,
  );
});

for (const [outcome, priority] of [["ok", 110], ["refused", 108], ["failed", 107], [undefined, 110]] as const) {
  Deno.test(`syslog format: outcome ${outcome} has priority ${priority}`, () => {
    assert.ok(formatSyslog(line({ outcome }), "g").startsWith(`<${priority}>1 `));
  });
}

Deno.test("syslog format: quote, backslash and closing bracket are escaped in structured data, and nothing else", () => {
  assert.equal(
    element("a@1", { x: 'say "hi" \\ [ok]', y: "é\n", z: undefined }),
    '[a@1 x="say \\"hi\\" \\\\ [ok\\]" y="é\n"]',
  );
  assert.equal(element("a@1", {}), "[a@1]");
});

Deno.test("syslog format: header fields are bounded printable ASCII, and never empty", () => {
  const message = formatSyslog(line({ event: `x y\u00e9${"z".repeat(40)}` }), "gar age\n");
  const [, , host, , , id] = message.split(" ");
  assert.equal(host, "gar?age?");
  assert.equal(id, `x?y?${"z".repeat(28)}`);
  assert.match(formatSyslog(line({}), ""), /Z - bulkhead/);
});

Deno.test("syslog format: a line without a time has the nil value", () => {
  assert.match(formatSyslog(line({ at: "yesterday" }), "g"), /^<110>1 - g bulkhead/);
  assert.match(formatSyslog(line({ at: undefined, event: undefined }), "g"), /^<110>1 - g bulkhead - record /);
});

Deno.test("syslog format: sequenceId stays in its range, seq does not wrap", () => {
  const last = formatSyslog(line({}, 2_147_483_647), "g");
  const next = formatSyslog(line({}, 2_147_483_648), "g");
  assert.match(last, /sequenceId="2147483647".*seq="2147483647"/);
  assert.match(next, /sequenceId="1".*seq="2147483648"/);
});
