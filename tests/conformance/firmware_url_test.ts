import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { createHash, sign } from "node:crypto";
import type { ImageClaim } from "../../gateway/core/firmware_api.ts";
import type { IntakeConfig } from "../../gateway/firmware/intake/worker_config.ts";
import { FIRMWARE_LIMITS } from "../../gateway/firmware/limits.ts";
import { FileServer } from "../support/file_server.ts";
import { FirmwareRig, vendorProfile } from "../support/firmware_rig.ts";
import { FtpServer } from "../support/ftp_server.ts";
import { TestCa } from "../support/test_ca.ts";

// Attacks on an image that a CSMS's URL leads to: arbitrary installation, endless data, wrong keys, redirects, rebinding.

const IMAGE = new TextEncoder().encode("firmware of bender ".repeat(5_000));
const SHA256 = createHash("sha256").update(IMAGE).digest("hex");
const root = new TestCa("Bender firmware root");
const signer = root.issue({});
const old = root.issue({ notAfter: Date.UTC(2025, 0, 1) });
const revoked = root.issue({});
const acme = new TestCa("Acme firmware root").issue({});
const signed = (key = signer, image = IMAGE) => ({
  signature: sign("sha256", image, key.key).toString("base64"),
  certificate: key.certPem,
});
const claimOf = (changes: Partial<ImageClaim> = signed()): ImageClaim => ({
  vendor: "bender",
  version: "5.33.2",
  ...changes,
});
const FILES = new Map([["a.deb", IMAGE]]);
const PROFILE = vendorProfile({ roots: root.pem, revokedSerials: [revoked.serial], floor: "5.20.2", formats: ["deb"] });

async function withUrl(
  use: (
    at: {
      rig: FirmwareRig;
      server: FileServer;
      take: (claim?: ImageClaim, path?: string, keep?: boolean) => Promise<Taken>;
    },
  ) => Promise<void>,
  host: Partial<IntakeConfig["hosts"][number]> = {},
  files: ReadonlyMap<string, Uint8Array> = FILES,
): Promise<void> {
  await using server = await FileServer.up(files);
  const hosts = [{ host: "localhost", address: "on-site" as const, schemes: ["https"], ca: server.ca.pem, ...host }];
  await using rig = await FirmwareRig.up({ vendors: [PROFILE], hosts });
  const take = (claim = claimOf(), path = "a.deb", keep = true) =>
    rig.call("firmware.take", { source: { kind: "url", url: `${server.url}/${path}`, claim }, keep });
  await use({ rig, server, take });
  deepEqual(await rig.files("incoming"), []);
}
type Taken = Awaited<ReturnType<FirmwareRig["call"]>> & {
  readonly verdict: { readonly outcome: string; readonly rule: string; readonly why: string };
  readonly sha256: string;
};

Deno.test("firmware URL: an image with its vendor's signature is verified, its name is that of the URL", () =>
  withUrl(async ({ rig, take }) => {
    const { verdict, sha256 } = await take();
    deepEqual([verdict.outcome, sha256, await rig.files("quarantine")], ["verified", SHA256, [SHA256]]);
  }));

const ATTACKS: readonly (readonly [name: string, claim: ImageClaim, rule: string, why: RegExp])[] = [
  ["arbitrary installation: nobody signed it", claimOf({}), "firmware.evidence", /nothing proves it/],
  [
    "arbitrary installation: the hash of MD5 alone, as PublishFirmware has it",
    claimOf({
      md5: createHash("md5").update(IMAGE).digest("hex"),
    }),
    "firmware.evidence",
    /nothing proves it/,
  ],
  ["arbitrary installation: another MD5", claimOf({ ...signed(), md5: "00".repeat(16) }), "firmware.md5", /has MD5/],
  [
    "arbitrary installation: the signature of another image",
    claimOf(signed(signer, IMAGE.subarray(1))),
    "firmware.signature",
    /not the signer's/,
  ],
  ["wrong vendor key", claimOf(signed(acme)), "firmware.certificate", /is not issued by/],
  ["expired signer", claimOf(signed(old)), "firmware.certificate", /expired on 2025-01-01/],
  ["revoked signer", claimOf(signed(revoked)), "firmware.certificate", /is revoked/],
  [
    "downgrade: a signed image below the floor",
    { ...claimOf(), version: "5.20.1" },
    "firmware.floor",
    /below the floor/,
  ],
  [
    "wrong software: a vendor that the site does not have",
    { ...claimOf(), vendor: "acme" },
    "firmware.vendor",
    /no profile/,
  ],
  ["wrong software: a file of another kind", { ...claimOf(), fileName: "a.exe" }, "firmware.format", /a.exe/],
];
for (const [name, claim, rule, why] of ATTACKS) {
  Deno.test(`${name}, from a URL`, () =>
    withUrl(async ({ rig, take }) => {
      const { verdict } = await take(claim);
      deepEqual([verdict.outcome, verdict.rule], ["refused", rule]);
      match(verdict.why, why);
      deepEqual(await rig.files("quarantine"), []);
    }));
}

for (
  const [name, bytes] of [["bit flip", IMAGE.map((byte, at) => at === 9 ? byte ^ 1 : byte)], [
    "truncation",
    IMAGE.subarray(0, -1),
  ]] as const
) {
  Deno.test(`${name} on the way, from a URL`, () =>
    withUrl(
      async ({ take }) => equal((await take()).verdict.rule, "firmware.signature"),
      {},
      new Map([["a.deb", bytes]]),
    ));
}

for (const keep of [true, false]) {
  Deno.test(`endless data, from a URL: no more is read than the vendor's most${keep ? "" : ", when it is only looked at"}`, () =>
    withUrl(async ({ rig, server, take }) => {
      let sent = 0;
      server.misbehave = (_path, response) => {
        response.writeHead(200);
        const more = () => {
          while (!response.destroyed && response.write(new Uint8Array(65_536))) sent += 65_536;
        };
        response.on("drain", more);
        more();
        return true;
      };
      const { verdict } = await take(undefined, undefined, keep);
      deepEqual([verdict.rule, await rig.files("quarantine")], ["firmware.size", []]);
      match(verdict.why, /more than 1000000 bytes, the most of bender/);
      equal(sent < 20_000_000, true);
    }));
}

const ANSWERS: readonly (readonly [string, number, Record<string, string>, RegExp])[] = [
  ["a status that is no file", 404, {}, /status 404: wanted 200/],
  ["a login page", 401, {}, /status 401/],
  [
    "a redirect to a host that is not allowed",
    302,
    { location: "https://10.0.0.1/a.deb" },
    /not fetched from the host "10.0.0.1"/,
  ],
  ["a redirect to the cloud's metadata address", 307, { location: "https://169.254.169.254/x" }, /169.254.169.254/],
  ["a redirect out of TLS", 301, { location: "http://localhost/a.deb" }, /not fetched by http from "localhost"/],
  ["a redirect to a file", 302, { location: "file:///etc/passwd" }, /no URL that can be fetched/],
  ["a redirect without end", 302, { location: "a.deb" }, /more than 3 redirects/],
  ["a redirect to nowhere", 302, {}, /status 302/],
  ["a packed answer", 200, { "content-encoding": "gzip" }, /came as gzip/],
];
for (const [name, status, headers, wanted] of ANSWERS) {
  Deno.test(`firmware URL: ${name} is refused`, () =>
    withUrl(async ({ rig, server, take }) => {
      server.misbehave = (_path, response) => {
        response.writeHead(status, headers).end("x");
        return true;
      };
      await rejects(take(), (error: Error) => {
        match(error.message + String(error.cause ?? ""), wanted);
        return true;
      });
      deepEqual(await rig.files("quarantine"), []);
    }));
}

Deno.test("firmware URL: redirects among allowed hosts are followed, as many as the limit", () =>
  withUrl(async ({ server, take }) => {
    server.misbehave = (path, response) => {
      const step = Number(path);
      if (path === "a.deb") return false;
      response.writeHead(302, { location: step + 1 < FIRMWARE_LIMITS.redirects ? `/${step + 1}` : "/a.deb" }).end();
      return true;
    };
    equal((await take(claimOf({ ...signed(), fileName: "a.deb" }), "0")).verdict.outcome, "verified");
  }));

Deno.test("firmware URL: a line that breaks leaves nothing", () =>
  withUrl(async ({ server, take }) => {
    server.misbehave = (_path, response) => {
      response.writeHead(200, { "content-length": IMAGE.length });
      response.write(IMAGE.subarray(0, 1_000), () => response.destroy());
      return true;
    };
    await rejects(take(), { code: "FIRMWARE_FETCH_FAILED" });
  }));

Deno.test("rebinding: a public host that leads to loopback gets no word", () =>
  withUrl(async ({ server, take }) => {
    await rejects(take(), /"localhost" leads to the station itself \((127.0.0.1|::1)\)/);
    deepEqual(server.asked, []);
  }, { address: "public" }));

Deno.test("eavesdrop: a server with a certificate of another CA gets no word", () =>
  withUrl(async ({ server, take }) => {
    await rejects(take(), { code: "FIRMWARE_FETCH_FAILED" });
    deepEqual(server.asked, []);
  }, { ca: root.pem }));

Deno.test("firmware URL: user and password go to the host and into no record", () =>
  withUrl(async ({ rig, server }) => {
    const url = `${server.url.replace("//", "//user:s3cret@")}/missing`;
    let authorization: string | undefined;
    server.misbehave = (_path, _response, request) => {
      authorization = request.headers.authorization;
      return false;
    };
    await rejects(
      rig.call("firmware.take", { source: { kind: "url", url, claim: claimOf() }, keep: true }),
      (error: Error) => {
        equal(`${error.message}${error.cause}`.includes("s3cret"), false);
        return true;
      },
    );
    equal(authorization, `Basic ${btoa("user:s3cret")}`);
  }));

async function withFtp(use: (ftp: FtpServer, take: (url?: string) => Promise<Taken>) => Promise<void>): Promise<void> {
  await using ftp = await FtpServer.up(new Map([["/fw/a.deb", IMAGE]]));
  const hosts = [{ host: "localhost", address: "on-site" as const, schemes: ["ftp"] }];
  await using rig = await FirmwareRig.up({ vendors: [PROFILE], hosts });
  const take = (login = "ftp-user:pass@") =>
    rig.call("firmware.take", {
      source: { kind: "url", url: `ftp://${login}localhost:${ftp.port}/fw/a.deb`, claim: claimOf() },
      keep: true,
    });
  await use(ftp, take);
  deepEqual(await rig.files("incoming"), []);
}

Deno.test("firmware URL: by FTP in extended passive mode", () =>
  withFtp(async (ftp, take) => {
    equal((await take()).verdict.outcome, "verified");
    deepEqual(ftp.asked.slice(0, 5), ["USER ftp-user", "PASS pass", "TYPE I", "EPSV", "RETR /fw/a.deb"]);
  }));

Deno.test("FTP bounce: the address that a server names is not connected to", () =>
  withFtp(async (ftp, take) => {
    ftp.oldFashioned = "192.0.2.1";
    equal((await take("")).verdict.outcome, "verified");
    deepEqual(ftp.asked.slice(0, 2), ["USER anonymous", "PASS bulkhead@"]);
  }));

Deno.test("firmware URL: by FTP a wrong password, a missing file and a broken line leave nothing", () =>
  withFtp(async (ftp, take) => {
    await rejects(take("ftp-user:wrong@"), { code: "FIRMWARE_FETCH_FAILED" });
    ftp.cutAfter = 1_000;
    await rejects(take(), { code: "FIRMWARE_FETCH_FAILED" });
  }));

Deno.test("firmware URL: by SFTP only with the host key of its entry", async () => {
  const hosts = [{ host: "localhost", address: "on-site" as const, schemes: ["sftp"] }];
  await using ftp = await FtpServer.up(new Map());
  await using rig = await FirmwareRig.up({ vendors: [PROFILE], hosts });
  const source = { kind: "url", url: `sftp://u:p@localhost:${ftp.port}/a.deb`, claim: claimOf() } as const;
  await rejects(rig.call("firmware.take", { source, keep: true }), (error: Error) => {
    match(String(error.cause), /names no hostKey/);
    return true;
  });
});
