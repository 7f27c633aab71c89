import { deepEqual, equal, match } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";

const rig = (answers: Record<string, unknown> = {}, may?: readonly string[]) =>
  new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...may ? { may } : {} });

Deno.test("live sessions: the access page shows who is on which page, who looks on, and the tunnels", async () => {
  const page = await rig().text("/access");
  match(page, /sse-connect="\/live\/device-sessions"/);
  match(page, /mira<\/strong> · CP001 · installer/);
  match(page, /looks on/);
  match(page, /href="\/access\/sessions\/d1"/);
  match(page, /CP001, port 22/);
  const nobody = await rig({ "device.sessions": [], "people.tunnel.list": { open: [], declared: {} } }).text("/access");
  match(nobody, /Nobody is on a controller&#39;s page|Nobody is on a controller's page/);
});

Deno.test("live sessions: who may not watch has no link to it, and the page is closed", async () => {
  const may = ["device.sessions", "people.access.list"];
  const page = await rig({}, may).text("/access");
  match(page, /mira<\/strong> · CP001/);
  equal(page.includes("/access/sessions/d1"), false);
  equal((await rig({}, may).get("/access/sessions/d1")).status, 403);
  equal((await rig({}, may).get("/live/device-session/d1")).status, 403);
});

Deno.test("live sessions: a watched session shows pages, names of settings and refusals, never values", async () => {
  const page = await rig().text("/access/sessions/d1");
  match(page, /mira at CP001/);
  match(page, /sse-connect="\/live\/device-session\/d1"/);
  match(page, /POST \/rest\/config/);
  match(page, /CurrentLimit, RFIDGroupId/);
  match(page, /2 times/);
  match(page, /refused<\/span><div class="small mono">ui\.page\.capability/);
  match(page, /under way/);
  match(page, /10\.99\.0\.51/);
});

Deno.test("live sessions: one that is over says so with 404, and as a live part in place", async () => {
  const answer = await rig().get("/access/sessions/gone");
  equal(answer.status, 404);
  match(await answer.text(), /This session is over/);
});

Deno.test("live sessions: ending is asked of control by the session's id and comes back to the list", async () => {
  const own = rig();
  const answer = await own.post("/access/sessions/d1/end", {});
  deepEqual([answer.status, answer.headers.get("location")], [303, "/access"]);
  equal(own.askedOf("device.end")[0].session, "d1");
});

Deno.test("live sessions: looking on leads to the same page by a ticket of one's own", async () => {
  const own = rig();
  const answer = await own.post("/access/sessions/d1/join", {});
  match(answer.headers.get("refresh") ?? "", /ticket=look$/);
  match(await answer.text(), /You cannot change anything/);
  const { by: _, ...asked } = own.askedOf("device.join")[0];
  deepEqual(asked, { session: "d1", host: "gw.garage-12.example" });
});

Deno.test("live sessions: what a device or a person says is text and never markup", async () => {
  const evil = '<img src=x onerror="alert(1)">';
  const watch =
    (GARAGE_ANSWERS["device.watch"] as (asked: object) => { session: object; events: { request: object }[] })({
      session: "d1",
    });
  const events = watch.events.map((event) => ({
    ...event,
    request: { ...event.request, page: evil, settings: [evil], rule: evil, method: evil },
  }));
  const page = await rig({ "device.watch": { session: { ...watch.session, source: evil, grant: evil }, events } })
    .text("/access/sessions/d1");
  equal(page.includes(evil), false);
});
