import { deepEqual, match, rejects } from "node:assert/strict";
import type { ImagePapers } from "../../../core/firmware_api.ts";
import { CAMPAIGN_LIMITS } from "./limits.ts";
import { sbomCommand } from "./sbom_command.ts";
import { IMAGE } from "./testing/campaign_rig.ts";

const ask = (sbom: string | undefined, image = "abababab") =>
  sbomCommand({
    images: () => [IMAGE, { ...IMAGE, sha256: `${"ab".repeat(31)}cd` }],
    papers: () => Promise.resolve(sbom === undefined ? undefined : { sbom } as ImagePapers),
  }, { image });

const cyclone = (count: number) =>
  JSON.stringify({
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    components: Array.from({ length: count }, (_, at) => ({ name: `part-${at}`, version: `${at}` })),
  });

Deno.test("firmware sbom command: components with versions, as the vendor's word", async () => {
  const { text, data } = await ask(cyclone(2), IMAGE.sha256);
  match(text, /^bender 5\.33\.11 \(abababababab\): 2 components, CycloneDX 1\.5\. It is the vendor's word/);
  match(text, /part-1 +1/);
  deepEqual((data as { components: unknown[] }).components.length, 2);
});

Deno.test("firmware sbom command: as many components as the limit, and the number of the others", async () => {
  const most = CAMPAIGN_LIMITS.sbomComponents;
  deepEqual(/more are not listed/.test((await ask(cyclone(most), IMAGE.sha256)).text), false);
  match((await ask(cyclone(most + 1), IMAGE.sha256)).text, /\n1 more are not listed\.$/);
});

const BAD: readonly [sbom: string | undefined, image: string, says: RegExp][] = [
  [undefined, IMAGE.sha256, /came without a bill of materials/],
  ["{", IMAGE.sha256, /neither CycloneDX nor SPDX/],
  ["{}", IMAGE.sha256, /neither CycloneDX nor SPDX/],
  [cyclone(1), "abab", /No image "abab" is stored/],
  [cyclone(1), "ffffff", /No image "ffffff" is stored/],
  [cyclone(1), "abababab", /2 images begin with "abababab"/],
];
for (const [sbom, image, says] of BAD) {
  Deno.test(`firmware sbom command: ${says.source}`, async () => {
    await rejects(
      ask(sbom, image),
      (error: Error & { code?: string; hint?: string }) =>
        /^FIRMWARE_(CAMPAIGN_INVALID|UNKNOWN)$/.test(error.code ?? "") && says.test(error.message) &&
        (error.hint ?? "") !== "",
    );
  });
}
