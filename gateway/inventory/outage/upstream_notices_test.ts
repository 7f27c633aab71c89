import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { AuditEvent, CsmsCall, StationCallAnswer } from "../../core/control_api.ts";
import { nullLogger } from "../../core/log.ts";
import { NOTICE_LIMITS } from "./limits.ts";
import { type OutageBox, outageBox, outageSite } from "./testing/outage_rig.ts";
import { UpstreamNotices } from "./upstream_notices.ts";

/** Two CSMSs, of which the gateway has an identity at one. */
class NoticeRig {
  readonly sent: { csms: string; message: string; data: Record<string, unknown> }[] = [];
  readonly audited: AuditEvent[] = [];
  answer: StationCallAnswer = { result: { status: "Accepted" } };
  site = outageSite();
  notices!: UpstreamNotices;

  constructor(readonly box: OutageBox) {
    const [main] = this.site.ocpp!.csms;
    const own = { ...main!, id: "own", localController: { id: "gw" } };
    this.site = { ...this.site, ocpp: { ...this.site.ocpp!, csms: [main!, own as typeof main & object] } };
  }

  static async with(test: (rig: NoticeRig) => Promise<void>): Promise<void> {
    const rig = new NoticeRig(await outageBox());
    await rig.restart();
    try {
      await test(rig);
    } finally {
      await rig.box.store.close();
    }
  }

  async restart(): Promise<void> {
    const { time, store, sealer } = this.box;
    this.notices = await UpstreamNotices.open({
      context: {
        ...{ clock: time, store, sealer, log: nullLogger, site: this.site },
        audit: { record: (event) => Promise.resolve({ sequence: this.audited.push(event) }) },
      },
      call: ({ csms, payload }: CsmsCall) => {
        const { messageId, data } = payload as { messageId: string; data: string };
        this.sent.push({ csms, message: messageId, data: JSON.parse(data) });
        return Promise.resolve(this.answer);
      },
    });
  }
}
const badge = (text: string) => ({ badge: text, hash: `h-${text.toLowerCase()}` });
const UNTIL = Date.UTC(2026, 11, 31);

Deno.test("EV-24: a CSMS at which the gateway has an identity is told of a block and its end, as the badge is written, and the answer is recorded", () =>
  NoticeRig.with(async (rig) => {
    equal(await rig.notices.tell("blocked", [badge("04A1")], UNTIL), "own is told.");
    await rig.notices.look();
    deepEqual(rig.sent, [{
      ...{ csms: "own", message: "BadgeBlocked" },
      data: { idToken: "04A1", until: "2026-12-31T00:00:00.000Z" },
    }]);
    await rig.notices.tell("unblocked", [badge("04A1")]);
    await rig.notices.look();
    deepEqual(rig.sent[1], { csms: "own", message: "BadgeUnblocked", data: { idToken: "04A1" } });
    deepEqual(rig.audited.map(({ event, target, outcome, detail }) => [event, target, outcome, detail]), [
      ["badge.notice.sent", "own", "ok", { badge: "04A1", what: "blocked", answer: "Accepted" }],
      ["badge.notice.sent", "own", "ok", { badge: "04A1", what: "unblocked", answer: "Accepted" }],
    ]);
    equal(rig.notices.size, 0);
  }));

const SAID: readonly (readonly [answer: StationCallAnswer, said: string])[] = [
  [{ result: { status: "UnknownVendorId" } }, "UnknownVendorId"],
  [{ result: {} }, "undefined"],
  [{ error: { code: "NotSupported", description: "" } }, "NotSupported"],
];
for (const [answer, said] of SAID) {
  Deno.test(`EV-24: a CSMS that answers ${said} has been told; it is recorded that it does not know the notice`, () =>
    NoticeRig.with(async (rig) => {
      rig.answer = answer;
      await rig.notices.tell("blocked", [badge("04A1")]);
      await rig.notices.look();
      deepEqual([rig.notices.size, rig.audited[0]!.outcome, rig.audited[0]!.detail!["answer"]], [0, "failed", said]);
    }));
}

Deno.test("EV-24: a CSMS that is away is told when it is back, with growing pauses, also after a restart; the badge stands nowhere in clear", () =>
  NoticeRig.with(async (rig) => {
    rig.answer = { noAnswer: "away" };
    await rig.notices.tell("blocked", [badge("04A1"), badge("04B2")]);
    await rig.notices.look();
    equal(rig.sent.length, 1, "the second waits with the first");
    for await (const { key, value } of rig.box.store.list([], { limit: Infinity })) {
      ok(!JSON.stringify([key, value]).includes("04A1"));
    }
    await rig.box.time.advance(NOTICE_LIMITS.pauseMs - 1);
    await rig.notices.look();
    equal(rig.sent.length, 1);
    await rig.box.time.advance(1);
    await rig.notices.look();
    equal(rig.sent.length, 2);
    await rig.box.time.advance(NOTICE_LIMITS.pauseMs);
    await rig.notices.look();
    equal(rig.sent.length, 2, "the pause has grown");
    await rig.restart();
    rig.answer = { result: { status: "Accepted" } };
    await rig.notices.look();
    deepEqual(rig.sent.slice(2).map(({ data }) => data["idToken"]).toSorted(), ["04A1", "04B2"]);
    equal(rig.notices.size, 0);
  }));

Deno.test("EV-24: a CSMS that stays away is asked again after the longest pause, and no sooner", () =>
  NoticeRig.with(async (rig) => {
    rig.answer = { noAnswer: "away" };
    await rig.notices.tell("blocked", [badge("04A1")]);
    await rig.notices.look();
    for (let times = 1; times < 15; times++) {
      await rig.box.time.advance(NOTICE_LIMITS.longestPauseMs);
      await rig.notices.look();
      equal(rig.sent.length, times + 1);
    }
    await rig.box.time.advance(NOTICE_LIMITS.longestPauseMs - 1);
    await rig.notices.look();
    equal(rig.sent.length, 15);
  }));

Deno.test("EV-24: of two notices about one badge only the later one is sent", () =>
  NoticeRig.with(async (rig) => {
    rig.answer = { noAnswer: "away" };
    await rig.notices.tell("blocked", [badge("04A1")]);
    await rig.notices.look();
    rig.answer = { result: { status: "Accepted" } };
    await rig.notices.tell("unblocked", [badge("04a1")]);
    await rig.notices.look();
    deepEqual(rig.sent.map(({ message }) => message), ["BadgeBlocked", "BadgeUnblocked"]);
    equal(rig.notices.size, 0);
  }));

Deno.test("EV-24: what cannot be told is said: no identity, a badge by hash alone, too many, too old", () =>
  NoticeRig.with(async (rig) => {
    match(await rig.notices.tell("blocked", [{ hash: "h" }]), /by its hash only/);
    const many = Array.from({ length: NOTICE_LIMITS.waiting + 1 }, (_, at) => badge(`B${at}`));
    match(await rig.notices.tell("blocked", many), /more than 1000 notices would wait/);
    equal(rig.notices.size, 0);
    rig.answer = { noAnswer: "away" };
    equal(await rig.notices.tell("blocked", many.slice(1)), "own is told.");
    equal(rig.notices.size, NOTICE_LIMITS.waiting);
    await rig.box.time.advance(NOTICE_LIMITS.ageMs + 1);
    await rig.notices.look();
    equal(rig.notices.size, 0);
    Object.assign(rig.site.ocpp!, { csms: rig.site.ocpp!.csms.slice(0, 1) });
    match(await rig.notices.tell("blocked", [badge("04A1")]), /no identity of its own/);
  }));
