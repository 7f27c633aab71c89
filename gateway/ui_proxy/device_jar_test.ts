import { equal } from "node:assert/strict";
import { DeviceJar } from "./device_jar.ts";
import { UI_PROXY_LIMITS } from "./limits.ts";

const URL = "http://10.20.0.11/cgi-bin/cgiServer";

async function jarWith(...cookies: readonly string[]): Promise<DeviceJar> {
  const jar = new DeviceJar();
  await jar.keep(cookies, URL);
  return jar;
}

Deno.test("device jar: sends back what the device set, newer values instead of older", async () => {
  const jar = await jarWith("CURLTOKEN=a; Path=/", "SESSIONID=b; Path=/; HttpOnly");
  await jar.keep(["CURLTOKEN=c; Path=/"], URL);
  equal(await jar.headerFor("http://10.20.0.11/"), "CURLTOKEN=c; SESSIONID=b");
});

Deno.test("device jar: paths count, and a cookie without one belongs to the folder of its page", async () => {
  const jar = await jarWith("a=1", "b=2; Path=/legacy");
  equal(await jar.headerFor("http://10.20.0.11/cgi-bin/x"), "a=1");
  equal(await jar.headerFor("http://10.20.0.11/legacy/operator"), "b=2");
  equal(await jar.headerFor("http://10.20.0.11/"), undefined);
});

Deno.test("device jar: a device that names an old address or a factory name as domain means itself", async () => {
  const jar = await jarWith(
    "a=1; Domain=192.168.123.123; Path=/",
    "b=2; Domain=ebee.local; Path=/",
    "c=3; Domain=; Path=/",
  );
  equal(await jar.headerFor("http://10.20.0.11/"), "a=1; b=2; c=3");
});

Deno.test("device jar: a cookie that has ended is gone, and one marked Secure stays on https", async () => {
  const jar = await jarWith("a=1; Path=/", "s=2; Path=/; Secure");
  await jar.keep(["a=; Path=/; Max-Age=0"], URL);
  equal(await jar.headerFor("http://10.20.0.11/"), undefined);
});

Deno.test("device jar: no cookie goes to another device, and none is left after a logout", async () => {
  const jar = await jarWith("a=1; Path=/");
  equal(await jar.headerFor("http://10.20.0.12/"), undefined);
  await jar.clear();
  equal(await jar.headerFor("http://10.20.0.11/"), undefined);
});

Deno.test("device jar: nonsense is no cookie and harms none", async () => {
  const jar = await jarWith("", ";", "=", "\0=\0", "a=1; Path=/", "x".repeat(100));
  equal((await jar.headerFor("http://10.20.0.11/"))?.includes("a=1"), true);
});

Deno.test("device jar: as many cookies as the limit are kept, of one more the oldest gives way", async () => {
  const cookies = Array.from({ length: UI_PROXY_LIMITS.deviceCookies }, (_, at) => `c${at}=v; Path=/`);
  const jar = await jarWith(...cookies);
  await jar.keep(["c0=again; Path=/"], URL);
  const count = async () => (await jar.headerFor("http://10.20.0.11/"))!.split("; ").length;
  equal(await count(), UI_PROXY_LIMITS.deviceCookies);
  await jar.keep(["one=more; Path=/"], URL);
  equal(await count(), UI_PROXY_LIMITS.deviceCookies);
  const sent = (await jar.headerFor("http://10.20.0.11/"))!;
  equal(sent.includes("c1=") || !sent.includes("c0=again") || !sent.includes("one=more"), false);
});

Deno.test("device jar: a cookie as long as the limit is kept, one byte longer is not", async () => {
  const name = "a=".length + "; Path=/".length;
  const value = "v".repeat(UI_PROXY_LIMITS.deviceCookieBytes - name);
  equal(await (await jarWith(`a=${value}; Path=/`)).headerFor("http://10.20.0.11/"), `a=${value}`);
  equal(await (await jarWith(`a=${value}v; Path=/`)).headerFor("http://10.20.0.11/"), undefined);
});
