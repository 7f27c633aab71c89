import { deepEqual, equal } from "node:assert/strict";
import { FirmwareConfig } from "../../../firmware/config.ts";
import { servingPlaceFor, servingPlaces, servingUrl, tokenIn } from "./serving_places.ts";

const ISOLATED = { plaintext: "isolated-segment" };
const config = (more: Record<string, unknown> = {}) =>
  FirmwareConfig.parse({
    listen: "10.20.0.1:8446",
    exceptions: [
      { protocol: "ftp", listen: "10.20.0.1:2121", models: ["esp/*"], ...ISOLATED },
      { protocol: "sftp", listen: "[fd00::1]:2222", models: ["beny/*"] },
      { protocol: "ftp", listen: "10.20.0.1:2122", models: ["old/*"], ...ISOLATED },
    ],
    ...more,
  });

Deno.test("serving places: HTTPS first, each protocol once; the name of the certificate in the place of the address", () => {
  deepEqual(servingPlaces(config()), [
    { protocol: "https", host: "10.20.0.1:8446" },
    { protocol: "ftp", host: "10.20.0.1:2121" },
    { protocol: "sftp", host: "[fd00::1]:2222" },
  ]);
  const named = config({ tls: { names: ["fw.garage.example", "other.example"] } });
  equal(servingPlaces(named)[0]!.host, "fw.garage.example:8446");
  equal(servingPlaces(named)[1]!.host, "10.20.0.1:2121", "which is that of HTTPS alone");
});

Deno.test("serving places: without a listener there are none", () => {
  const { listen: _none, ...rest } = config();
  deepEqual(servingPlaces(rest), []);
  equal(servingPlaceFor({ vendor: "esp" }, rest), undefined);
});

for (
  const [station, protocol] of [
    [{ vendor: "esp", model: "x" }, "ftp"],
    [{ vendor: "beny", model: "x" }, "sftp"],
    [{ vendor: "bender", model: "CC613" }, "https"],
    [{}, "https"],
  ] as const
) {
  Deno.test(`serving places: ${JSON.stringify(station)} fetches by ${protocol}`, () => {
    equal(servingPlaceFor(station, config())?.protocol, protocol);
  });
}

for (const place of servingPlaces(config({ tls: { names: ["fw.garage.example"] } }))) {
  Deno.test(`serving places: the token in a URL of ${place.protocol} is found again`, () => {
    equal(tokenIn(servingUrl(place, "AbC_-123", "fw 2.deb".replace(" ", "_"))), "AbC_-123");
  });
}

for (
  const url of [
    "no url",
    "",
    "https://10.20.0.1:8446/",
    "https://10.20.0.1:8446/f/",
    "https://10.20.0.1:8446/f//fw.deb",
    "https://10.20.0.1:8446/u/token/",
    "https://10.20.0.1:8446/x/f/token/fw.deb",
    "ftp://10.20.0.1/fw.deb",
    "ftp://station@10.20.0.1/fw.deb",
    "sftp://station:@10.20.0.1/fw.deb",
  ]
) {
  Deno.test(`serving places: "${url}" holds no token`, () => equal(tokenIn(url), undefined));
}
