import { deepEqual, equal } from "node:assert/strict";
import { isLookDue, judgeLook, type LookMemory, type LookTimes, type SeenStation } from "./incident_look.ts";

const tls = { own: "tls", isPlainBeside: false } as const, plain = { own: "plain", isPlainBeside: false } as const;
const beside = { own: "none", isPlainBeside: true } as const, gone = { own: "none", isPlainBeside: false } as const;

/** What was, what is seen, what is found, and what is remembered. */
const LOOKS: readonly (readonly [name: string, LookMemory, SeenStation, found: string, LookMemory])[] = [
  ["nothing that could be seen", {}, {}, "", {}],
  ["nothing now, something before", { tls: true, listVersion: 7 }, {}, "", { tls: true, listVersion: 7 }],
  ["TLS for the first time", {}, { transport: tls }, "", { tls: true }],
  ["TLS as ever", { tls: true }, { transport: tls }, "", { tls: true }],
  ["TLS that is back", { tls: false }, { transport: tls }, "", { tls: true }],
  ["plain HTTP at its port after TLS", { tls: true }, { transport: plain }, "https-off", { tls: false }],
  ["plain HTTP beside it after TLS", { tls: true }, { transport: beside }, "https-off", { tls: false }],
  ["plain HTTP that is known", { tls: false }, { transport: plain }, "", { tls: false }],
  ["plain HTTP at the first look", {}, { transport: plain }, "", { tls: false }],
  ["TLS with plain HTTP beside it", { tls: true }, { transport: { own: "tls", isPlainBeside: true } }, "", {
    tls: true,
  }],
  ["a controller that is away", { tls: true }, { transport: gone }, "", { tls: true }],
  ["the password that the site has", {}, { own: "in" }, "", {}],
  ["a refused password", {}, { own: "refused" }, "password-lost", {}],
  ["a login nobody knows of", {}, { own: "unknown", factory: "unknown" }, "", {}],
  ["a refused password of the factory", {}, { factory: "refused" }, "", {}],
  ["a password of the factory", {}, { own: "refused", factory: "in" }, "password-lost default-password", {}],
  ["the first list", {}, { listVersion: 7 }, "", { listVersion: 7 }],
  ["a newer list", { listVersion: 7 }, { listVersion: 8 }, "", { listVersion: 8 }],
  ["an empty list after one", { listVersion: 7 }, { listVersion: 0 }, "list-lost", { listVersion: 0 }],
  ["no lists any more", { listVersion: 7 }, { listVersion: -1 }, "list-lost", { listVersion: -1 }],
  ["an empty list as ever", { listVersion: 0 }, { listVersion: 0 }, "", { listVersion: 0 }],
  ["an empty list at the first look", {}, { listVersion: 0 }, "", { listVersion: 0 }],
  ["a smaller list", { listVersion: 7 }, { listVersion: 3 }, "", { listVersion: 3 }],
  [
    "everything as the factory made it",
    { tls: true, listVersion: 7 },
    { transport: plain, own: "refused", factory: "in", listVersion: 0 },
    "password-lost default-password https-off list-lost",
    { tls: false, listVersion: 0 },
  ],
];
for (const [name, before, seen, found, memory] of LOOKS) {
  Deno.test(`incident look: ${name}: ${found || "no finding"}`, () => {
    const looked = judgeLook(before, seen);
    equal(looked.findings.map(({ what }) => what).join(" "), found);
    deepEqual(looked.memory, memory);
    const again = judgeLook(looked.memory, seen).findings.map(({ what }) => what);
    deepEqual(again.filter((what) => what === "https-off" || what === "list-lost"), [], "told once");
  });
}

Deno.test("incident look: a finding says what was and what is", () => {
  const words = (before: LookMemory, seen: SeenStation) =>
    judgeLook(before, seen).findings.map(({ why }) => why).join();
  equal(words({ tls: true }, { transport: plain }), "HTTPS was on; now its own port answers without TLS");
  equal(words({ tls: true }, { transport: beside }), "HTTPS was on; now port 80 answers without TLS");
  equal(words({ listVersion: 7 }, { listVersion: 0 }), "version 7 of its local list became 0");
});

const PACE = { againMs: 30, dailyMs: 1_000 };
const DUE: readonly (readonly [name: string, LookTimes, due: boolean])[] = [
  ["never looked at", { now: 5_000, isAsked: false, isBusy: false }, true],
  ["never looked at and somebody works there", { now: 5_000, isAsked: true, isBusy: true }, false],
  ["its day has come", { now: 5_000, lookedAt: 4_000, isAsked: false, isBusy: false }, true],
  ["its day has nearly come", { now: 5_000, lookedAt: 4_001, isAsked: false, isBusy: false }, false],
  ["something was seen", { now: 5_000, lookedAt: 4_970, isAsked: true, isBusy: false }, true],
  ["something was seen just after a look", { now: 5_000, lookedAt: 4_971, isAsked: true, isBusy: false }, false],
  ["something was seen and somebody works there", { now: 5_000, lookedAt: 4_000, isAsked: true, isBusy: true }, false],
  ["the clock went back", { now: 5_000, lookedAt: 6_000, isAsked: false, isBusy: false }, true],
];
for (const [name, times, due] of DUE) {
  Deno.test(`incident look: ${name}: ${due ? "now" : "not now"}`, () => equal(isLookDue(times, PACE), due));
}
