import assert from "node:assert/strict";
import type { AlarmSeverity } from "../../core/control_api.ts";
import type { Alarm, NoticeKind } from "./model.ts";
import { noticeDelivery, type NoticeTarget, wantsSeverity } from "./notice.ts";

const target = (by: NoticeTarget["by"], minSeverity: AlarmSeverity = "warning"): NoticeTarget => ({
  id: "ops",
  by,
  minSeverity,
});

const ALARM: Alarm = {
  kind: "worker.restarting",
  subject: "ocpp-0",
  severity: "warning",
  state: "active",
  detail: "threw",
  count: 3,
  firstSeen: Date.UTC(2026, 0, 1),
  lastSeen: Date.UTC(2026, 0, 2),
  changes: [],
  flapping: false,
  notified: true,
};

const mail = (change: Partial<Alarm>, notice: NoticeKind = "raised") => {
  const delivery = noticeDelivery(target("mail"), { ...ALARM, ...change }, notice, "garage-12", "n1");
  assert.equal(delivery.kind, "mail");
  return delivery as Extract<typeof delivery, { readonly kind: "mail" }>;
};

for (
  const { min, wanted } of [
    { min: "info", wanted: ["info", "warning", "critical"] },
    { min: "warning", wanted: ["warning", "critical"] },
    { min: "critical", wanted: ["critical"] },
  ] as const
) {
  Deno.test(`notice: a receiver from ${min} on gets ${wanted.join(", ")}`, () => {
    const all = ["info", "warning", "critical"] as const;
    assert.deepEqual(all.filter((severity) => wantsSeverity(target("mail", min), severity)), wanted);
  });
}

Deno.test("notice: a webhook gets every field, times in ISO form and the notice's own name", () => {
  const delivery = noticeDelivery(target("webhook"), ALARM, "raised", "garage-12", "n1");
  assert.deepEqual([delivery.kind, delivery.sink], ["webhook", "ops"]);
  const body = JSON.parse((delivery as { readonly body: string }).body);
  const { meaning, action, ...rest } = body;
  assert.ok(meaning.length > 10 && action.length > 10);
  assert.deepEqual(rest, {
    ...{ id: "n1", site: "garage-12", notice: "raised", kind: "worker.restarting", subject: "ocpp-0" },
    ...{ severity: "warning", state: "active", detail: "threw", count: 3, flapping: false },
    ...{ firstSeen: "2026-01-01T00:00:00.000Z", lastSeen: "2026-01-02T00:00:00.000Z" },
  });
});

for (
  const { notice, subject } of [
    { notice: "raised", subject: "[garage-12] warning: worker.restarting ocpp-0" },
    { notice: "flapping", subject: "[garage-12] warning: worker.restarting ocpp-0" },
    { notice: "cleared", subject: "[garage-12] cleared: worker.restarting ocpp-0" },
    { notice: "test", subject: "[garage-12] test: worker.restarting ocpp-0" },
  ] as const
) {
  Deno.test(`notice: the subject of a mail that tells "${notice}"`, () => {
    assert.equal(mail({}, notice).subject, subject);
  });
}

Deno.test("notice: a mail says what it means, what to do, and one fact a line", () => {
  const { text } = mail({});
  assert.match(text, /^What to do: \S/m);
  for (const line of ["Site:       garage-12", "About:      ocpp-0", "Detail:     threw", "Count:      3"]) {
    assert.ok(text.split("\n").includes(line), line);
  }
});

Deno.test("notice: a flapping alarm's mail says that silence follows", () => {
  assert.match(mail({ flapping: true }, "flapping").text, /^State: {6}comes and goes; further changes are not sent/m);
  assert.match(mail({ state: "cleared" }, "cleared").text, /^State: {6}cleared$/m);
});

Deno.test("notice: words of a peer start no header and no line of their own", () => {
  const evil = "CP1\r\nBcc: thief@example.org\u0000\u007f";
  const { subject, text } = mail({ subject: evil, detail: evil });
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  assert.doesNotMatch(subject, /[\x00-\x1f\x7f]/);
  assert.doesNotMatch(text, /^Bcc:/m);
  assert.match(text, /^About: {6}CP1 Bcc: thief@example\.org $/m);
});
