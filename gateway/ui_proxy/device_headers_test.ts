import { deepEqual, equal, ok } from "node:assert/strict";
import { deviceHeaders, isForbiddenDeviceHeader } from "./device_headers.ts";
import { UI_PROXY_LIMITS } from "./limits.ts";

const ORIGINS = { own: "https://bay-07.gw.example:8443", device: "http://10.20.0.11:81" };

const fields = (record: Readonly<Record<string, string>>) =>
  new Map(Object.entries(record).map(([name, value]) => [name, [value]]));

Deno.test("invariant 5: no cookie, login or identity of the person reaches a device, even if a driver asks for it", () => {
  const secrets = {
    authorization: "Bearer secret",
    cookie: "__Host-session=secret",
    forwarded: "for=secret",
    "proxy-authorization": "Basic secret",
    "remote-user": "secret",
    "x-auth-request-user": "secret",
    "x-forwarded-for": "secret",
    "x-forwarded-user": "secret",
    "x-real-ip": "secret",
    "x-remote-user": "secret",
  };
  const allow = Object.keys(secrets);
  const sent = deviceHeaders(fields({ ...secrets, accept: "*/*" }), ORIGINS, { habits: { allow } });
  equal(JSON.stringify(sent).includes("secret"), false);
  ok(allow.every(isForbiddenDeviceHeader));
  ok(!isForbiddenDeviceHeader("x-device-token"));
});

Deno.test("ui headers: the device sees its own Host, Origin and Referer, and no page of another", () => {
  const sent = deviceHeaders(
    fields({ host: "bay-07.gw.example:8443", origin: ORIGINS.own, referer: `${ORIGINS.own}/groups/system?x=1` }),
    ORIGINS,
  );
  deepEqual(sent, [
    ["host", "10.20.0.11:81"],
    ["accept-encoding", "identity"],
    ["origin", "http://10.20.0.11:81"],
    ["referer", "http://10.20.0.11:81/groups/system?x=1"],
  ]);
  const foreign = deviceHeaders(
    fields({ origin: "https://evil.example", referer: "https://gw.example/stations" }),
    ORIGINS,
  );
  deepEqual(foreign.map(([name]) => name), ["host", "accept-encoding"]);
});

Deno.test("ui headers: what a browser adds beyond need stays here, what a driver needs goes on", () => {
  const sent = deviceHeaders(
    fields({
      "sec-ch-ua": "x",
      "sec-fetch-site": "x",
      dnt: "1",
      accept: "text/html",
      "x-uid": "7",
      connection: "x-uid",
    }),
    ORIGINS,
    { habits: { allow: ["x-uid"] } },
  );
  deepEqual(sent.slice(2), [["x-uid", "7"], ["accept", "text/html"]]);
});

Deno.test("ui headers: a WebSocket asks the device for one, without extensions", () => {
  const sent = deviceHeaders(
    fields({
      "sec-websocket-key": "k",
      "sec-websocket-version": "13",
      "sec-websocket-extensions": "permessage-deflate",
    }),
    ORIGINS,
    { webSocket: true },
  );
  deepEqual(sent.map(([name]) => name).slice(2), [
    "connection",
    "upgrade",
    "sec-websocket-key",
    "sec-websocket-version",
  ]);
});

Deno.test("ui headers: as many bytes as the device takes go on, of one more the field stays away", () => {
  const bytes = (sent: readonly (readonly [string, string])[]) =>
    sent.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  const own = bytes(deviceHeaders(new Map(), ORIGINS));
  for (const most of [200, UI_PROXY_LIMITS.deviceHeaderBytes]) {
    const room = most - own - "accept".length - 4;
    const fits = deviceHeaders(fields({ accept: "a".repeat(room) }), ORIGINS, { habits: { bytes: most } });
    equal(bytes(fits), most);
    const over = deviceHeaders(fields({ accept: "a".repeat(room + 1), range: "b" }), ORIGINS, {
      habits: { bytes: most },
    });
    deepEqual(over.map(([name]) => name).slice(2), ["range"]);
  }
  const greedy = deviceHeaders(fields({ accept: "a".repeat(UI_PROXY_LIMITS.deviceHeaderBytes) }), ORIGINS, {
    habits: { bytes: 1_000_000 },
  });
  equal(greedy.length, 2);
});
