import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type Door, door, DOOR_RULES } from "./door.ts";
import { canTakeOver, doorText } from "./door_text.ts";

const FACTS: Door["facts"] = {
  person: "anna",
  since: Date.UTC(2026, 10, 21, 10, 2, 3, 4),
  fingerprint: "ab12",
  role: "operator",
  why: "it waits",
  sha256: "cd34",
};

Deno.test("door text: each door says in both languages what, why and what next, with every fact in place", () => {
  for (const rule of DOOR_RULES) {
    const [en, de] = (["en", "de"] as const).map((language) => doorText(door(rule, FACTS), language));
    for (const text of [en!, de!]) {
      for (const part of [text.title, text.why, text.next]) {
        ok(part.length > 8, rule);
        equal(/[{}?]/.test(part), false, `${rule}: ${part}`);
      }
    }
    equal(en!.next === de!.next, false, `${rule} is translated`);
  }
});

Deno.test("door text: who and since when", () => {
  const { title, why } = doorText(door("ui.door.in-use", FACTS), "en");
  equal(title, "anna is using this device");
  match(why, /since 2026-11-21T10:02:03Z/);
});

Deno.test("door text: a fact that is missing is a question mark, never a hole", () => {
  match(doorText(door("ui.door.in-use"), "en").why, /\? has had it since \?/);
});

Deno.test("door: each has a status of its own kind, and only a device in somebody's hands can be taken over", () => {
  deepEqual(DOOR_RULES.filter((rule) => canTakeOver({ rule })), ["ui.door.in-use", "ui.door.taken"]);
  for (const rule of DOOR_RULES) ok([400, 403, 409, 413, 502, 503].includes(door(rule).status), rule);
  equal(door("ui.door.pin").status, 502);
});
