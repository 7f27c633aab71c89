import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { waitFor, withDeadline } from "../../../tests/support/wait_for.ts";
import { askHttp as ask } from "../testing/ask_http.ts";
import { imageOf, type ServingRig, TOKEN, withServing } from "../testing/serving_rig.ts";
import { SERVING_LIMITS } from "./limits.ts";
import { startFirmware } from "./serve_service.ts";
import type { FileListener } from "./worker_config.ts";

const HTTP: FileListener = { name: "firmware:http", protocol: "http", host: "127.0.0.1", port: 0 };
type RigOptions = Partial<Parameters<typeof withServing>[0]>;

const served = (use: (rig: ServingRig) => Promise<void>, options: RigOptions = {}) =>
  withServing({ listeners: [HTTP], start: startFirmware, ...options }, use);

Deno.test("firmware http: an image comes whole, with its length, a strong tag, and never in chunks", () =>
  served(async (rig) => {
    const { status, headers, body } = await ask(rig);
    equal(status, 200);
    equal(body.compare(rig.image), 0);
    deepEqual(
      [headers["content-length"], headers.etag, headers["accept-ranges"], headers["transfer-encoding"]],
      [String(rig.image.length), `"${rig.sha256}"`, "bytes", undefined],
    );
    const { source, ...claim } = rig.claims[0]!;
    equal(source.replace("::ffff:", ""), "127.0.0.1");
    deepEqual(claim, { purpose: "download", token: TOKEN, fileName: "fw.deb", protocol: "http" });
    await waitFor("the count", () => rig.told.length > 0);
    deepEqual(rig.told, [{ method: "firmware.sent", args: { id: "g1", bytes: rig.image.length, isWhole: true } }]);
  }));

Deno.test("firmware http: HEAD says the same and sends nothing", () =>
  served(async (rig) => {
    const { status, headers, body } = await ask(rig, undefined, { method: "HEAD" });
    deepEqual([status, headers["content-length"], headers.etag, body.length], [
      200,
      String(rig.image.length),
      `"${rig.sha256}"`,
      0,
    ]);
    deepEqual(rig.told, []);
  }));

Deno.test("firmware http: a download that broke is resumed, and then the image is whole", () =>
  served(async (rig) => {
    const { length } = rig.image;
    const half = await ask(rig, undefined, { headers: { Range: "bytes=0-99999" } });
    deepEqual([half.status, half.headers["content-range"]], [206, `bytes 0-99999/${length}`]);
    const rest = await ask(rig, undefined, {
      headers: { Range: "bytes=100000-", "If-Range": `"${rig.sha256}"` },
    });
    deepEqual([rest.status, rest.headers["content-length"]], [206, String(length - 100_000)]);
    equal(Buffer.concat([half.body, rest.body]).compare(rig.image), 0);
    await waitFor("both counts", () => rig.told.length === 2);
    deepEqual(rig.told.map(({ args }) => args.isWhole), [false, true]);
  }));

Deno.test("firmware http: a hole is no whole image", () =>
  served(async (rig) => {
    await ask(rig, undefined, { headers: { Range: "bytes=0-9" } });
    await ask(rig, undefined, { headers: { Range: "bytes=11-" } });
    await waitFor("both counts", () => rig.told.length === 2);
    deepEqual(rig.told.map(({ args }) => args.isWhole), [false, false]);
  }));

Deno.test("firmware http: a range of another image begins anew; one behind the end is refused with the size", () =>
  served(async (rig) => {
    const other = await ask(rig, undefined, { headers: { Range: "bytes=5-", "If-Range": '"another"' } });
    deepEqual([other.status, other.body.length], [200, rig.image.length]);
    const behind = await ask(rig, undefined, { headers: { Range: `bytes=${rig.image.length}-` } });
    deepEqual([behind.status, behind.headers["content-range"], behind.body.length], [
      416,
      `bytes */${rig.image.length}`,
      0,
    ]);
    equal((await ask(rig, undefined, { headers: { "If-None-Match": `"${rig.sha256}"` } })).status, 304);
    equal((await ask(rig, undefined, { headers: { "If-Match": '"another"' } })).status, 412);
  }));

Deno.test("firmware http: whoever has no grant, or a wrong path, hears that there is nothing", () =>
  served(async (rig) => {
    rig.grant = undefined;
    for (const path of [`/f/${TOKEN}/fw.deb`, "/", "/firmware", `/f/${TOKEN}/../x`, `/f/${TOKEN}/fw.deb?`]) {
      const { status, body, headers } = await ask(rig, path);
      deepEqual([status, body.length, headers.connection], [404, 0, "close"], path);
    }
    equal(rig.claims.length, 1, "only what could be a grant is asked for");
  }));

Deno.test("firmware http: a grant to bring a file fetches none, and the other way round", () =>
  served(async (rig) => {
    rig.grant = rig.upload();
    equal((await ask(rig)).status, 404);
    rig.grant = rig.download();
    equal((await ask(rig, `/u/${TOKEN}/x`, { method: "PUT", body: imageOf(5) })).status, 404);
  }));

Deno.test("firmware http: other methods are refused with those that there are", () =>
  served(async (rig) => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const { status, headers } = await ask(rig, undefined, { method });
      deepEqual([status, headers.allow], [405, "GET, HEAD"], method);
    }
    const { status, headers } = await ask(rig, `/u/${TOKEN}/x`, { method: "GET" });
    deepEqual([status, headers.allow], [405, "PUT, POST"]);
  }));

Deno.test("invariant 13: an image changed on the disk is not served, and control is told", () =>
  served(async (rig) => {
    const path = `${rig.folder}/verified/${rig.sha256}`;
    await Deno.writeFile(path, rig.image.map((byte, at) => at === 150_000 ? byte ^ 1 : byte));
    const { status, body } = await ask(rig);
    deepEqual([status, body.length], [404, 0]);
    deepEqual(rig.told.map(({ method, args }) => [method, args.sha256]), [["firmware.changed", rig.sha256]]);
  }));

Deno.test("invariant 13: an image exchanged between two parts of a download is noticed at the second", () =>
  served(async (rig) => {
    const path = `${rig.folder}/verified/${rig.sha256}`;
    equal((await ask(rig, undefined, { headers: { Range: "bytes=0-9" } })).status, 206);
    await Deno.writeFile(`${path}.new`, rig.image.toReversed());
    await Deno.rename(`${path}.new`, path);
    equal((await ask(rig, undefined, { headers: { Range: "bytes=10-" } })).status, 404);
    ok(rig.told.some(({ method }) => method === "firmware.changed"));
  }));

Deno.test("invariant 13: the same bytes in another file are read again and served", () =>
  served(async (rig) => {
    const path = `${rig.folder}/verified/${rig.sha256}`;
    await ask(rig, undefined, { headers: { Range: "bytes=0-9" } });
    await Deno.writeFile(`${path}.new`, rig.image);
    await Deno.rename(`${path}.new`, path);
    equal((await ask(rig, undefined, { headers: { Range: "bytes=10-" } })).status, 206);
  }));

Deno.test("firmware http: an image that is gone is not there", () =>
  served(async (rig) => {
    await Deno.remove(`${rig.folder}/verified/${rig.sha256}`);
    equal((await ask(rig)).status, 404);
    rig.grant = rig.download({ sha256: "../uploads" });
    equal((await ask(rig)).status, 404);
  }));

Deno.test("firmware http: the byte budget ends a download within a piece, and the body does not look whole", () =>
  served(async (rig) => {
    rig.grant = rig.download({ leftBytes: 1_000 });
    const { status, body, isWhole } = await ask(rig);
    deepEqual([status, body.length, isWhole], [200, 1_000, false]);
    await waitFor("the count", () => rig.told.length > 0);
    deepEqual(rig.told[0]!.args, { id: "g1", bytes: 1_000, isWhole: false });
    rig.grant = rig.download({ leftBytes: rig.image.length });
    equal((await ask(rig)).isWhole, true, "a budget of exactly the image is enough");
  }));

Deno.test("firmware http: a grant that is closed cuts off what goes by it", async () => {
  const time = new ManualTime();
  await served(async (rig) => {
    const running = ask(rig);
    await waitFor("a paced download", () => time.armed > 0 && rig.claims.length === 1);
    await rig.service.handlers!["firmware.close"]!({ ids: ["g1", "unknown"] });
    const { isWhole, body } = await running;
    equal(isWhole, false);
    ok(body.length < rig.image.length);
  }, { time, rates: { site: 100_000, station: 100_000 }, imageBytes: 4_000_000 });
});

Deno.test("firmware http: what is sent waits for its turn", async () => {
  const time = new ManualTime();
  await served(async (rig) => {
    const running = ask(rig);
    // A second's worth goes at once, and one piece more; the rest takes what the rate says.
    for (let second = 0; second < 12; second++) {
      const isOver = () => rig.told.some(({ args }) => args.isWhole);
      await waitFor("the next wait", () => time.armed > 0 || isOver());
      if (isOver()) break;
      time.advance(1_000);
    }
    const spent = time.monotonic();
    equal((await running).isWhole, true);
    ok(spent >= 1_000, `${spent} ms for 2 MB at 1 MB/s`);
  }, { time, rates: { site: 1_000_000, station: 1_000_000 }, imageBytes: 2_600_000 });
});

Deno.test("firmware http: as many downloads of one grant as may be, and not one more", async () => {
  const time = new ManualTime();
  await served(async (rig) => {
    const running = Array.from({ length: SERVING_LIMITS.downloadsPerGrant }, () => ask(rig));
    await waitFor("both to run", () => rig.claims.length === 2 && time.armed >= 2);
    const { status, headers } = await ask(rig);
    deepEqual([status, headers["retry-after"]], [503, "10"]);
    await rig.service.handlers!["firmware.close"]!({ ids: ["g1"] });
    await Promise.allSettled(running); // one of them was never sent a byte
  }, { time, rates: { site: 10_000, station: 10_000 }, imageBytes: 4_000_000 });
});

Deno.test("slow retrieval: a station that takes nothing is cut off after its time", async () => {
  const time = new ManualTime();
  await served(async (rig) => {
    const socket = connect(rig.port(HTTP.name), "127.0.0.1");
    socket.on("error", () => {});
    const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
    socket.write(`GET /f/${TOKEN}/fw.deb HTTP/1.1\r\nHost: x\r\n\r\n`);
    socket.pause();
    await waitFor("a full socket", () => time.armed === 1 && rig.claims.length === 1);
    time.advance(SERVING_LIMITS.stallMs);
    socket.resume();
    await withDeadline("the end", closed);
    equal(rig.told.some(({ args }) => args.isWhole), false);
  }, { time, imageBytes: 64_000_000, rates: { site: 1e12, station: 1e12 } });
});

Deno.test("firmware http: two lengths, a length and chunks, and two hosts are refused at the door", () =>
  served(async (rig) => {
    rig.grant = rig.upload();
    const heads = [
      "Content-Length: 5\r\nContent-Length: 6",
      "Content-Length: 5\r\nTransfer-Encoding: chunked",
      `X: ${"x".repeat(SERVING_LIMITS.headerBytes)}`,
    ];
    for (const head of heads) {
      const socket = connect(rig.port(HTTP.name), "127.0.0.1");
      socket.on("error", () => {});
      const parts: string[] = [];
      socket.on("data", (part: Uint8Array) => parts.push(new TextDecoder().decode(part)));
      const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
      socket.write(`PUT /u/${TOKEN}/x HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\nhello`);
      await withDeadline("the end", closed);
      ok(!parts.join("").includes(" 201 "), head.slice(0, 60));
    }
    deepEqual(rig.told, []);
  }));

Deno.test("firmware http: one address has as many connections as it may, and not one more", () =>
  served(async (rig) => {
    const open = () => {
      const socket = connect(rig.port(HTTP.name), "127.0.0.1");
      socket.on("error", () => {});
      const state = { socket, closed: false };
      socket.on("close", () => state.closed = true);
      socket.resume();
      return state;
    };
    const inside = Array.from({ length: SERVING_LIMITS.connectionsPerSource }, open);
    for (const { socket } of inside) socket.write("GET / HTTP/1.1\r\nHost: x\r\n");
    await waitFor("them", () => inside.every(({ socket }) => socket.readyState === "open"));
    const more = open();
    await waitFor("the one too many", () => more.closed);
    equal(inside.some(({ closed }) => closed), false);
    for (const { socket } of inside) socket.destroy();
  }));

Deno.test("firmware http: new rates hold at once, new places need a new Worker, and a drained one serves nobody", () =>
  served(async (rig) => {
    const config = { listeners: [HTTP], verified: `${rig.folder}/verified`, uploads: `${rig.folder}/uploads` };
    await rig.service.reconfigure!({ ...config, rates: { site: 1e9, station: 1e9 } });
    equal((await ask(rig)).status, 200);
    const moved = { ...config, uploads: "/elsewhere", rates: { site: 1, station: 1 } };
    const fault = await rig.service.reconfigure!(moved).catch((error) => error);
    equal(fault.code, "CFG_INVALID");
    deepEqual(rig.service.health(), { state: "ok" });
    await rig.service.drain(10);
    equal(rig.service.health().state, "degraded");
    ok(await ask(rig).then(() => false, () => true));
  }));
