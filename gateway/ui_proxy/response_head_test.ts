import { deepEqual, equal } from "node:assert/strict";
import { DeviceOrigins } from "./device_origins.ts";
import { browserAnswer } from "./response_head.ts";

const OWN = "https://bay-07.gw.example:8443";
const OTHER = "https://bay-07--p81.gw.example:8443";
const PAGE = "http://10.20.0.11/groups/system";
const origins = new DeviceOrigins(
  [{ device: "http://10.20.0.11", own: OWN }, { device: "http://10.20.0.11:81", own: OTHER }],
  ["192.168.124.123", "ebee.local"],
);

const answer = (rawHeaders: readonly string[], status = 200) => browserAnswer({ status, rawHeaders }, PAGE, origins);
const header = (rawHeaders: readonly string[], name: string) =>
  answer(rawHeaders).headers.find(([known]) => known === name)?.[1];

const LOCATIONS: readonly (readonly [device: string, browser: string | undefined])[] = [
  ["/login", `${OWN}/login`],
  ["login", `${OWN}/groups/login`],
  ["?a=1", `${OWN}/groups/system?a=1`],
  ["http://10.20.0.11/x#y", `${OWN}/x#y`],
  ["http://10.20.0.11:80/x", `${OWN}/x`],
  ["https://10.20.0.11/x", `${OWN}/x`],
  ["//10.20.0.11/x", `${OWN}/x`],
  ["http://10.20.0.11:81/x", `${OTHER}/x`],
  ["http://192.168.124.123/x", `${OWN}/x`],
  ["http://EBEE.local:81/x", `${OTHER}/x`],
  ["http://10.20.0.12/x", undefined],
  ["http://10.20.0.11:22/x", undefined],
  ["https://vendor.example/help", undefined],
  ["javascript:alert(1)", undefined],
  ["http://[", undefined],
];
for (const [device, browser] of LOCATIONS) {
  Deno.test(`ui answer: Location ${device} ${browser === undefined ? "asks the person first" : `is ${browser}`}`, () => {
    const read = answer(["Location", device], 302);
    equal(read.headers.find(([name]) => name === "location")?.[1], browser);
    equal(read.leaves, browser === undefined ? device : undefined);
  });
}

Deno.test("ui answer: Refresh leads to the gateway, or nowhere", () => {
  equal(header(["Refresh", "5"], "refresh"), "5");
  equal(header(["Refresh", "0; URL=http://10.20.0.11/x"], "refresh"), `0; url=${OWN}/x`);
  equal(header(["Refresh", "2,'/y'"], "refresh"), `2; url=${OWN}/y`);
  equal(header(["Refresh", "0; url=https://evil.example"], "refresh"), undefined);
  equal(header(["Refresh", "soon"], "refresh"), undefined);
});

Deno.test("ui answer: Link keeps what is the device's and drops what would be loaded from elsewhere", () => {
  equal(
    header(
      ["Link", '</a.css>; rel=preload; as=style, <https://evil.example/b.js>; rel=preload, <c>; title="d, e"'],
      "link",
    ),
    `<${OWN}/a.css>; rel=preload; as=style, <${OWN}/groups/c>; title="d, e"`,
  );
  equal(header(["Link", "<https://evil.example/>; rel=preload"], "link"), undefined);
});

Deno.test("invariant 5: no cookie of a device reaches a browser", () => {
  const read = answer(["Set-Cookie", "SESSIONID=s; Path=/", "set-cookie", "b=2", "Set-Cookie2", "c=3"]);
  deepEqual(read.cookies, ["SESSIONID=s; Path=/", "b=2"]);
  equal(JSON.stringify(read.headers).toLowerCase().includes("cookie"), false);
});

Deno.test("ui answer: a device that wants a login shows no box in the browser", () => {
  const read = answer(["WWW-Authenticate", 'Basic realm="operator"'], 401);
  equal(read.wantsLogin, true);
  equal(read.headers.some(([name]) => name === "www-authenticate"), false);
  equal(answer([]).wantsLogin, false);
});

Deno.test("ui answer: a device decides nothing for the gateway's origin, and tells nothing of its programs", () => {
  const names = [
    ...["Access-Control-Allow-Origin", "Alt-Svc", "Clear-Site-Data", "Connection", "Content-Security-Policy"],
    ...["Cross-Origin-Opener-Policy", "Keep-Alive", "NEL", "Report-To", "Server", "Service-Worker-Allowed"],
    ...["Strict-Transport-Security", "Transfer-Encoding", "Upgrade", "X-Frame-Options", "X-Powered-By"],
  ];
  const read = answer(names.flatMap((name) => [name, "device"]));
  equal(JSON.stringify(read.headers).includes('"device"'), false);
  deepEqual(read.headers, [
    ["cache-control", "no-store"],
    ["content-security-policy", "frame-ancestors 'self'"],
    ["referrer-policy", "same-origin"],
    ["x-frame-options", "SAMEORIGIN"],
  ]);
});

Deno.test("ui answer: pages are not kept by the browser, pictures and scripts as the device says", () => {
  equal(header(["Content-Type", "text/html", "Cache-Control", "max-age=3600"], "cache-control"), "no-store");
  equal(header(["Content-Type", "application/json"], "cache-control"), "no-store");
  equal(header(["Content-Type", "text/css", "Cache-Control", "max-age=3600"], "cache-control"), "max-age=3600");
  equal(header(["Content-Type", "image/png"], "cache-control"), "private, no-cache");
});

Deno.test("ui answer: odd bytes in header fields of old devices are sent without what no program may send", () => {
  equal(header(["X-Name", "W\xe4rme\r\nSet-Cookie: a=1\0"], "x-name"), "W\xe4rmeSet-Cookie: a=1");
});

// With the expression of before it takes hours: no figure for time is needed.
Deno.test("ui answer: a Refresh of nothing but blanks, as many as a head has room for, is read at once", () => {
  const blanks = " ".repeat(20_000);
  equal(header(["Refresh", `0;${blanks}"x"x`], "refresh"), undefined);
  equal(header(["Refresh", `0${blanks};${blanks}url${blanks}=${blanks}'/y'${blanks}`], "refresh"), `0; url=${OWN}/y`);
});

Deno.test("ui answer: a Refresh is read in every form that browsers know", () => {
  for (const form of ["3;url=/y", "3 , /y", '3; URL = "/y"', "3;'/y", ' 3 ;/y" ']) {
    equal(header(["Refresh", form], "refresh"), `3; url=${OWN}/y`, form);
  }
  for (const form of ["3;", "3 ", "3;url=", "3;''"]) equal(header(["Refresh", form], "refresh"), "3", form);
  for (const form of ["3 /y", '3;/y"z', '3;url="/y"/z', "-1"]) {
    equal(header(["Refresh", form], "refresh"), undefined, form);
  }
});
