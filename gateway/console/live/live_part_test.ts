import { equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../tests/support/console_rig.ts";
import { waitFor, withDeadline } from "../../../tests/support/wait_for.ts";
import { GatewayError } from "../../core/errors.ts";
import { CONSOLE_LIMITS } from "../limits.ts";
import { LiveConnections } from "./live_part.ts";

/** Reads a stream of events while a test moves time. */
function follow(response: Response): { text: () => string; ended: Promise<void>; cancel: () => Promise<void> } {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const ended = (async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  })();
  return { text: () => text, ended, cancel: () => reader.cancel() };
}

Deno.test("live: sends the part, then again only when it has changed", async () => {
  let connected = true;
  const rig = new ConsoleRig({
    answers: {
      ...GARAGE_ANSWERS,
      "command stations": ({ args }: { args: Record<string, unknown> }) =>
        args["inbox"] ? [] : [{
          ...{
            id: "CP001",
            connected,
            securityProfile: 2,
            protocols: [],
            csms: "main",
            setByCsms: false,
            adopted: false,
          },
          ...{ quirks: [], since: null, source: null, facts: {} },
        }],
    },
  });
  const events = follow(await rig.get("/live/dashboard"));
  const count = () => events.text().split("event: part").length - 1;
  await waitFor("the first part", () => count() === 1);
  match(events.text(), /Connected/);
  const later = (isThere: () => boolean) => () => {
    if (!isThere() && rig.time.armed > 0) rig.time.advance(CONSOLE_LIMITS.liveMs);
    return isThere();
  };
  await waitFor("a sign of life", later(() => events.text().includes(": still the same")));
  equal(count(), 1);
  connected = false;
  await waitFor("the changed part", later(() => count() === 2));
  await events.cancel();
  rig.time.advance(CONSOLE_LIMITS.liveMs);
});

Deno.test("live: ends with the session, and the next try leads to the door", async () => {
  let isOver = false;
  const own = new ConsoleRig({ answers: GARAGE_ANSWERS });
  own.answers["people.session.check"] = () => {
    if (isOver) throw new GatewayError("SESSION_ENDED", "over");
    return { ...own.session(), may: Object.keys(GARAGE_ANSWERS) };
  };
  const events = follow(await own.get("/live/dashboard"));
  await waitFor("the first part", () => events.text().includes("event: part"));
  await waitFor("the pause", () => own.time.armed > 0);
  isOver = true;
  own.time.advance(CONSOLE_LIMITS.liveMs);
  await withDeadline("the end of the stream", events.ended);
  equal((await own.get("/live/dashboard")).headers.get("location"), "/login?next=%2Flive%2Fdashboard&why=ended");
});

Deno.test("live: a session has its limit of live pages and one more is refused", async () => {
  const rig = new ConsoleRig({ answers: GARAGE_ANSWERS });
  const open = await Promise.all(
    Array.from({ length: CONSOLE_LIMITS.liveOfSession }, () => rig.get("/live/dashboard")),
  );
  ok(open.every(({ status }) => status === 200));
  const refused = await rig.get("/live/dashboard");
  equal(refused.status, 429);
  match(await refused.text(), /console\.live-limit/);
  for (const { body } of open) await body?.cancel();
  await waitFor("a place is free again", async () => {
    rig.time.advance(CONSOLE_LIMITS.liveMs);
    const again = await rig.get("/live/dashboard");
    await again.body?.cancel();
    return again.status === 200;
  });
});

Deno.test("live: the limit of all sessions holds, and a place is given back once", () => {
  const connections = new LiveConnections();
  const places = Array.from({ length: CONSOLE_LIMITS.live }, (_, at) => connections.take(`s${at}`));
  ok(places.every((place) => place));
  equal(connections.take("more"), undefined);
  places[0]!();
  places[0]!();
  ok(connections.take("more"));
  equal(connections.take("yet another"), undefined);
});

Deno.test("live: the parts of one page come over one connection, each when it has changed, and only those that the person may see", async () => {
  const requests = { rows: [] as unknown[] };
  const answers = { ...GARAGE_ANSWERS, "people.request.list": () => requests.rows };
  const rig = new ConsoleRig({ answers });
  const events = follow(await rig.get("/live/station/CP001"));
  const count = (event: string) => events.text().split(`event: ${event}\n`).length - 1;
  await waitFor("both parts", () => count("messages") === 1 && count("pages") === 1);
  requests.rows = [{
    ...{ id: "r9", person: "anna", station: "CP001", deviceRole: "installer", capability: "edit", grant: "g1" },
    ...{ reason: "meter", minutes: 60, createdAt: rig.time.now(), state: "pending" },
  }];
  await waitFor("the request", () => {
    if (count("pages") < 2 && rig.time.armed > 0) rig.time.advance(CONSOLE_LIMITS.liveMs);
    return count("pages") === 2;
  });
  equal(count("messages"), 1);
  match(events.text(), /Your request waits/);
  await events.cancel();
  const technician = new ConsoleRig({ answers, may: ["device.open", "people.request.list"] });
  const own = follow(await technician.get("/live/station/CP001"));
  await waitFor("the own part", () => own.text().includes("event: pages"));
  equal(own.text().includes("event: messages"), false);
  await own.cancel();
  for (const each of [rig, technician]) each.time.advance(CONSOLE_LIMITS.liveMs);
  equal((await new ConsoleRig({ answers, may: [] }).get("/live/station/CP001")).status, 403);
});

Deno.test("live: who leaves a live page gives its place back at once, not with the next look", async () => {
  const rig = new ConsoleRig({ answers: GARAGE_ANSWERS });
  for (let page = 0; page < 3 * CONSOLE_LIMITS.liveOfSession; page++) {
    const { status, body } = await rig.get("/live/dashboard");
    equal(status, 200, `page ${page}`);
    await body!.cancel();
  }
  rig.time.advance(CONSOLE_LIMITS.liveMs);
});
