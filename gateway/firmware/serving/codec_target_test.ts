import { deepEqual, equal } from "node:assert/strict";
import { plainFileName, readTarget } from "./codec_target.ts";
import { SERVING_LIMITS } from "./limits.ts";

const TOKEN = "abcdefghijklmnopqrstuv";
const LONGEST = "n".repeat(SERVING_LIMITS.fileNameChars);

const READ: readonly (readonly [string, unknown])[] = [
  [`/f/${TOKEN}/fw.deb`, { purpose: "download", token: TOKEN, fileName: "fw.deb" }],
  [`/f/${TOKEN}/ebee_firmware_5.33.2+1~x.deb`, {
    purpose: "download",
    token: TOKEN,
    fileName: "ebee_firmware_5.33.2+1~x.deb",
  }],
  [`/f/${TOKEN}/${LONGEST}`, { purpose: "download", token: TOKEN, fileName: LONGEST }],
  [`/u/${TOKEN}/log.zip`, { purpose: "upload", token: TOKEN, fileName: "log.zip" }],
  [`/u/${TOKEN}/`, { purpose: "upload", token: TOKEN }],
  [`/u/${TOKEN}`, { purpose: "upload", token: TOKEN }],
];
for (const [target, wanted] of READ) {
  Deno.test(`firmware target: ${target.slice(0, 60)} is read`, () => deepEqual(readTarget(target), wanted));
}

const REFUSED = [
  "",
  "/",
  "*",
  `/f/${TOKEN}`,
  `/f/${TOKEN}/`,
  `/f/${TOKEN.slice(1)}/fw.deb`,
  `/f/${TOKEN}x/fw.deb`,
  `/F/${TOKEN}/fw.deb`,
  `/f/${TOKEN}/${LONGEST}x`,
  `/f/${TOKEN}/../verified`,
  `/f/${TOKEN}/..`,
  `/f/${TOKEN}/.hidden`,
  `/f/${TOKEN}/a/b`,
  `/f/${TOKEN}//fw.deb`,
  `//f/${TOKEN}/fw.deb`,
  `/f/${TOKEN}/fw%2edeb`,
  `/f/${TOKEN}/fw.deb?x=1`,
  `/f/${TOKEN}/fw.deb#x`,
  `/f/${TOKEN}/fw.deb\n`,
  `http://10.20.0.1/f/${TOKEN}/fw.deb`,
  `/f/${TOKEN.slice(1)}%41/fw.deb`,
  `/f/${TOKEN}/fw\\..\\x`,
  `/u/${TOKEN}/a/b`,
  `/u/${TOKEN}//`,
  `/u/${TOKEN}/../x`,
  `/x/${TOKEN}/fw.deb`,
];
for (const target of REFUSED) {
  Deno.test(`firmware target: ${JSON.stringify(target).slice(0, 60)} is nothing`, () =>
    equal(readTarget(target), undefined));
}

const NAMES: readonly (readonly [string, string])[] = [
  ["diag.zip", "diag.zip"],
  ["C:\\logs\\diag 1.zip", "diag_1.zip"],
  ["../../etc/passwd", "passwd"],
  ["..", "file"],
  ["", "file"],
  ["...", "file"],
  ["-rf", "rf"],
  ["größe.log", "gr_e.log"],
  [`${"x".repeat(100)}.tar.gz`, `${"x".repeat(SERVING_LIMITS.fileNameChars - 7)}.tar.gz`],
];
for (const [name, wanted] of NAMES) {
  Deno.test(`firmware target: the name ${JSON.stringify(name).slice(0, 40)} stands as ${wanted.slice(0, 40)}`, () => {
    equal(plainFileName(name), wanted);
    deepEqual(readTarget(`/f/${TOKEN}/${wanted}`)?.fileName, wanted, "and is one that a station may ask for");
  });
}
