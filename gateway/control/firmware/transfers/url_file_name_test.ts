import { deepEqual, equal, match } from "node:assert/strict";
import { FirmwareVendor } from "../../../firmware/config.ts";
import { SERVING_LIMITS } from "../../../firmware/serving/limits.ts";
import { SHA, withTransfers } from "../testing/transfer_rig.ts";
import { urlFileName } from "./url_file_name.ts";

const IMAGE = { vendor: "bender", version: "5.33.2 (build/7)", fileName: "ebee firmware.deb" };
const vendors = (urlFileName?: string) => [
  FirmwareVendor.parse({ vendor: "other", urlFileName: "other.bin" }),
  FirmwareVendor.parse({ vendor: "bender", ...urlFileName === undefined ? {} : { urlFileName } }),
];

const CASES: readonly (readonly [string, string | undefined, string | undefined, string])[] = [
  ["without a template it is the image's own", undefined, "CC613", "ebee_firmware.deb"],
  ["a name of its own", "update.bin", "CC613", "update.bin"],
  [
    "version and model are filled in, what is not plain becomes _",
    "{model}-{version}.bin",
    "CC 613",
    "CC_613-5.33.2_build_7_.bin",
  ],
  ["a model that is not known", "{model}.bin", undefined, "station.bin"],
  ["around the image's own", "fw_{file}", "CC613", "fw_ebee_firmware.deb"],
];
for (const [what, template, model, wanted] of CASES) {
  Deno.test(`URL file name: ${what}`, () => {
    equal(urlFileName(IMAGE, model, { vendors: vendors(template) }), wanted);
  });
}

Deno.test("URL file name: however long the parts are, a name fits the URL", () => {
  const long = { ...IMAGE, version: "9".repeat(500) };
  const name = urlFileName(long, "m".repeat(500), { vendors: vendors("{model}{version}.bin") });
  deepEqual([name.length, name.endsWith(".bin")], [SERVING_LIMITS.fileNameChars, true]);
});

for (const template of ["", "a/b", "../x", "{secret}", "{}", "a b", "x".repeat(65)]) {
  Deno.test(`URL file name: ${JSON.stringify(template.slice(0, 20))} is refused in site.yaml`, () => {
    const { success } = FirmwareVendor.safeParse({ vendor: "bender", urlFileName: template });
    equal(success, false);
  });
}

Deno.test("URL file name: one at the longest is taken", () => {
  equal(FirmwareVendor.parse({ vendor: "bender", urlFileName: "x".repeat(64) }).urlFileName?.length, 64);
});

Deno.test(
  "URL file name: the station is granted that name and finds the image under it",
  withTransfers(async (rig) => {
    const { url, fileName } = await rig.feature.transfers.grant({
      stationId: "CP001",
      sha256: SHA,
      who: "campaign:12",
    });
    match(url, /^https:\/\/10\.20\.0\.1:8446\/f\/[A-Za-z0-9_-]{22}\/update_2\.0\.bin$/);
    const token = /\/f\/([^/]+)\//.exec(url)![1]!;
    const { grant } = await rig.open({ token, fileName });
    equal(grant?.kind === "download" && grant.fileName, "update_2.0.bin");
    deepEqual(await rig.open({ token, fileName: "fw_2.0.deb" }), {}, "under another name there is nothing");
  }, (site) => ({
    ...site,
    firmware: {
      ...site.firmware!,
      vendors: [FirmwareVendor.parse({ vendor: "bender", urlFileName: "update_{version}.bin" })],
    },
  })),
);
