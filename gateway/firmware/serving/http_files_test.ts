import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { waitFor, withDeadline } from "../../../tests/support/wait_for.ts";
import { GatewayError } from "../../core/errors.ts";
import { imageOf, type ServingRig, TOKEN, withServing } from "../testing/serving_rig.ts";
import { SERVING_LIMITS } from "./limits.ts";
import { filling, openSealed } from "./sealed_file.ts";
import { startFirmware } from "./serve_service.ts";
import type { FileListener } from "./worker_config.ts";

const HTTP: FileListener = { name: "firmware:http", protocol: "http", host: "127.0.0.1", port: 0 };
type RigOptions = Partial<Parameters<typeof withServing>[0]>;

const served = (use: (rig: ServingRig) => Promise<void>, options: RigOptions = {}) =>
  withServing({ listeners: [HTTP], start: startFirmware, ...options }, use);

interface Heard {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The body ended as its head said. */
  readonly isWhole: boolean;
}

/** One request over a connection of its own. */
function ask(
  rig: ServingRig,
  path = `/f/${TOKEN}/fw.deb`,
  options: { method?: string; headers?: Record<string, string>; body?: Uint8Array } = {},
): Promise<Heard> {
  const { promise, resolve, reject } = Promise.withResolvers<Heard>();
  const { body, ...rest } = options;
  const request = httpRequest({ host: "127.0.0.1", port: rig.port(HTTP.name), path, agent: false, ...rest });
  request.on("response", (response) => {
    const parts: Buffer[] = [];
    response.on("data", (part: Buffer) => parts.push(part));
    response.on("error", () => {});
    response.on("close", () => {
      const { statusCode: status = 0, headers, complete: isWhole } = response;
      resolve({ status, headers, body: Buffer.concat(parts), isWhole });
    });
  });
  request.on("error", reject);
  request.end(body);
  return withDeadline("an answer", promise);
}

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

async function opened(rig: ServingRig, file = "ab12"): Promise<Buffer> {
  using handle = await Deno.open(`${rig.folder}/uploads/${file}`);
  const parts: Uint8Array[] = [];
  for await (const part of openSealed(new Uint8Array(32).fill(7), filling(handle))) parts.push(part);
  return Buffer.concat(parts);
}

for (const method of ["PUT", "POST"]) {
  Deno.test(`firmware http: a log that comes by ${method} is sealed, recorded, and then acknowledged`, () =>
    served(async (rig) => {
      rig.grant = rig.upload();
      const body = imageOf(200_000);
      const { status } = await ask(rig, `/u/${TOKEN}/diag.zip`, { method, body });
      equal(status, 201);
      equal((await opened(rig)).compare(body), 0);
      const [{ method: told, args }] = rig.told as [typeof rig.told[number]];
      deepEqual([told, args.id, args.fileName, args.bytes], ["firmware.received", "u1", "diag.zip", 200_000]);
      const { mode } = await Deno.stat(`${rig.folder}/uploads/ab12`);
      equal(mode! & 0o077, 0, "nobody else may read it");
      deepEqual([...Deno.readDirSync(`${rig.folder}/uploads`)].map(({ name }) => name), ["ab12"]);
    }));
}

Deno.test("firmware http: a log in a form, under the name that the form says", () =>
  served(async (rig) => {
    rig.grant = rig.upload();
    const form = '--B\r\nContent-Disposition: form-data; name="f"; filename="C:\\log 1.txt"\r\n\r\nhello\r\n--B--\r\n';
    const { status } = await ask(rig, `/u/${TOKEN}`, {
      method: "POST",
      headers: { "Content-Type": "multipart/form-data; boundary=B" },
      body: Buffer.from(form),
    });
    equal(status, 201);
    equal(String(await opened(rig)), "hello");
    equal(rig.told[0]!.args.fileName, "log_1.txt");
  }));

Deno.test("firmware http: a log without any name gets the station's", () =>
  served(async (rig) => {
    rig.grant = rig.upload();
    await ask(rig, `/u/${TOKEN}/`, { method: "PUT", body: imageOf(3) });
    equal(rig.told[0]!.args.fileName, "CP001.log");
  }));

Deno.test("firmware http: a log at the limit is taken, one byte more is not, and nothing of it stays", () =>
  served(async (rig) => {
    rig.grant = rig.upload({ maxBytes: 50_000 });
    equal((await ask(rig, `/u/${TOKEN}/a`, { method: "PUT", body: imageOf(50_000) })).status, 201);
    await Deno.remove(`${rig.folder}/uploads/ab12`);
    equal((await ask(rig, `/u/${TOKEN}/a`, { method: "PUT", body: imageOf(50_001) })).status, 413);
    // and without saying so before
    const headers = { "Transfer-Encoding": "chunked" };
    const unsaid = await ask(rig, `/u/${TOKEN}/a`, { method: "PUT", headers, body: imageOf(50_001) });
    equal(unsaid.status, 413);
    deepEqual([...Deno.readDirSync(`${rig.folder}/uploads`)], []);
    equal(rig.told.length, 1);
  }));

Deno.test("firmware http: a broken form, a station that leaves, and control that cannot record leave nothing acknowledged", () =>
  served(async (rig) => {
    rig.grant = rig.upload();
    const form = await ask(rig, `/u/${TOKEN}/x`, {
      method: "POST",
      headers: { "Content-Type": "multipart/form-data; boundary=B" },
      body: Buffer.from("no form"),
    });
    equal(form.status, 400);
    const socket = connect(rig.port(HTTP.name), "127.0.0.1");
    socket.write(`PUT /u/${TOKEN}/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
    await waitFor("the half", () => [...Deno.readDirSync(`${rig.folder}/uploads`)].length === 1);
    const busy = await ask(rig, `/u/${TOKEN}/x`, { method: "PUT", body: imageOf(5) });
    deepEqual([busy.status, busy.headers["retry-after"]], [503, "30"], "one of a grant at a time");
    socket.destroy();
    await waitFor("the removal", () => [...Deno.readDirSync(`${rig.folder}/uploads`)].length === 0);
    rig.faults.set("firmware.received", new GatewayError("RPC_PEER_GONE", "control is away"));
    equal((await ask(rig, `/u/${TOKEN}/x`, { method: "PUT", body: imageOf(5) })).status, 503);
    rig.faults.clear();
    equal((await ask(rig, `/u/${TOKEN}/x`, { method: "PUT", body: imageOf(5) })).status, 201, "it may try again");
  }));

Deno.test("firmware http: a station that brings nothing more is cut off", async () => {
  const time = new ManualTime();
  await served(async (rig) => {
    rig.grant = rig.upload();
    const socket = connect(rig.port(HTTP.name), "127.0.0.1");
    socket.on("error", () => {});
    const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
    socket.resume();
    socket.write(`PUT /u/${TOKEN}/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
    await waitFor("the half", () => time.armed === 1);
    time.advance(SERVING_LIMITS.stallMs);
    await withDeadline("the end", closed);
    await waitFor("the removal", () => [...Deno.readDirSync(`${rig.folder}/uploads`)].length === 0);
  }, { time });
});

Deno.test("firmware http: a disk that takes nothing is said so", () =>
  served(async (rig) => {
    rig.grant = rig.upload();
    await Deno.remove(`${rig.folder}/uploads`, { recursive: true });
    equal((await ask(rig, `/u/${TOKEN}/x`, { method: "PUT", body: imageOf(5) })).status, 507);
    await Deno.mkdir(`${rig.folder}/uploads`);
  }));

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
